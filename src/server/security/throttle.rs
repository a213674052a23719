//! Guessing passwords is made slow: failures are counted for each account, existing or not, and for each client
//! address, and each one makes the next guess wait longer.
//!
//! The counts are in memory, of bounded size, and alike for names that exist and names that do not; the lock after
//! [`MOST_FAILURES`] in a row is in the database. Whoever has logged in from an address before is counted there on
//! their own account's failures: an attack from elsewhere does not keep them out.

use std::{
    convert::Infallible,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use quick_cache::sync::Cache;

use super::address::ClientAddress;

/// After this many failures in a row an account's password is refused until it is reset (NIST SP 800-63B-4 §3.2.2).
pub const MOST_FAILURES: i64 = 100;

/// The longest wait, in seconds.
const LONGEST_WAIT: f64 = 900.0;
/// How many accounts and addresses are remembered; the least used are forgotten first.
const REMEMBERED: usize = 100_000;

/// How failures add up.
struct Curve {
    /// Failures that cost nothing.
    free: f64,
    /// How long it takes until a count is half of what it was.
    half_life: Duration,
}

/// A person's three typos cost nothing; the fourth a second, the fifth two, the sixth four.
const ACCOUNT: Curve = Curve { free: 3.0, half_life: Duration::from_secs(24 * 60 * 60) };
/// Many people may share an address, and an attacker may have one honest account: so no success clears it.
const ADDRESS: Curve = Curve { free: 20.0, half_life: Duration::from_secs(10 * 60) };

/// The counts.
pub struct Throttle {
    failures: Cache<u64, Arc<Mutex<Failures>>>,
    /// Keyed with randomness, so that nobody can find two names of one count.
    hasher: RandomState,
}

/// The failures of one account or address.
struct Failures {
    count: f64,
    counted_at: Instant,
    /// Until then every guess is refused.
    until: Instant,
}

/// Whose password is guessed at, and from where.
pub struct Guess<'a> {
    /// The name, as it was sent.
    pub username: &'a str,
    /// Which of the account's passwords, for one that exists: a new password starts with nothing counted.
    pub password_version: Option<i64>,
    /// Where the guess comes from.
    pub address: ClientAddress,
    /// Whether the account's owner has logged in from there before.
    pub known: bool,
}

impl Default for Throttle {
    fn default() -> Self {
        Self { failures: Cache::new(REMEMBERED), hasher: RandomState::new() }
    }
}

impl Throttle {
    /// Whether this guess may be made at `now`.
    ///
    /// # Errors
    /// How long it has to wait.
    pub fn check(&self, guess: &Guess<'_>, now: Instant) -> Result<(), Duration> {
        let waits = self.keys(guess).filter_map(|(key, _)| {
            let failures = self.failures.get(&key)?;
            let until = failures.lock().unwrap_or_else(PoisonError::into_inner).until;
            until.checked_duration_since(now).filter(|wait| !wait.is_zero())
        });
        waits.max().map_or(Ok(()), Err)
    }

    /// Counts a guess that turned out to be wrong at `now`.
    pub fn failed(&self, guess: &Guess<'_>, now: Instant) {
        for (key, curve) in self.keys(guess) {
            let none =
                || Ok::<_, Infallible>(Arc::new(Mutex::new(Failures { count: 0.0, counted_at: now, until: now })));
            let Ok(failures) = self.failures.get_or_insert_with(&key, none);
            let mut failures = failures.lock().unwrap_or_else(PoisonError::into_inner);
            failures.count = curve.faded(failures.count, now.saturating_duration_since(failures.counted_at)) + 1.0;
            failures.counted_at = now;
            failures.until = now + curve.wait_after(failures.count);
        }
    }

    /// Forgets the account's failures: the guess was right. Those of the address are kept.
    pub fn succeeded(&self, guess: &Guess<'_>) {
        self.failures.remove(&self.account(guess));
    }

    /// What this guess counts for.
    fn keys(&self, guess: &Guess<'_>) -> impl Iterator<Item = (u64, &'static Curve)> {
        [(self.account(guess), &ACCOUNT), (self.hasher.hash_one(guess.address), &ADDRESS)].into_iter()
    }

    fn account(&self, guess: &Guess<'_>) -> u64 {
        let own_address = guess.known.then_some(guess.address);
        self.hasher.hash_one((guess.username, guess.password_version, own_address))
    }
}

impl Curve {
    /// What is left of `count` after so long.
    fn faded(&self, count: f64, after: Duration) -> f64 {
        count * (-after.as_secs_f64() / self.half_life.as_secs_f64()).exp2()
    }

    /// How long to wait after so many failures: nothing, and then from one second on twice as long each time.
    fn wait_after(&self, count: f64) -> Duration {
        let beyond = count - self.free;
        if beyond <= 0.0 {
            return Duration::ZERO;
        }
        Duration::from_secs_f64((beyond - 1.0).exp2().min(LONGEST_WAIT))
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn guess<'a>(username: &'a str, address: &str) -> Guess<'a> {
        let address = ClientAddress::new(address.parse().expect("an address"));
        Guess { username, password_version: Some(0), address, known: false }
    }

    /// Guesses wrongly, unless that has to wait: then not, and `false`.
    fn try_once(throttle: &Throttle, guess: &Guess<'_>, now: Instant) -> bool {
        let may = throttle.check(guess, now).is_ok();
        if may {
            throttle.failed(guess, now);
        }
        may
    }

    /// Guesses wrongly as soon as that is allowed, so many times; and how many seconds were waited before each.
    fn waits(throttle: &Throttle, guess: &Guess<'_>, guesses: usize) -> Vec<u64> {
        let mut now = Instant::now();
        let mut waited = Vec::new();
        for _ in 0..guesses {
            let wait = throttle.check(guess, now).err().unwrap_or_default();
            now += wait;
            assert!(try_once(throttle, guess, now), "it was said to be allowed by now");
            waited.push(wait.as_secs_f64().ceil() as u64);
        }
        waited
    }

    #[test]
    fn three_typos_cost_nothing_and_each_failure_after_the_fourth_doubles_the_wait() {
        let waited = waits(&Throttle::default(), &guess("ada", "192.0.2.1"), 17);
        assert_eq!(waited, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 253, 497, 900, 900, 900]);
    }

    #[test]
    fn a_name_that_does_not_exist_waits_just_as_long() {
        let nobody = Guess { password_version: None, ..guess("nobody", "192.0.2.1") };
        let ada = guess("ada", "192.0.2.1");
        assert_eq!(waits(&Throttle::default(), &nobody, 12), waits(&Throttle::default(), &ada, 12));
    }

    #[test]
    fn failures_at_the_same_time_are_all_counted() {
        let throttle = Throttle::default();
        let now = Instant::now();
        thread::scope(|scope| {
            for number in 0..200 {
                let throttle = &throttle;
                scope.spawn(move || throttle.failed(&guess("ada", &format!("192.0.2.{number}")), now));
            }
        });
        let ada = throttle.failures.get(&throttle.account(&guess("ada", "192.0.2.1"))).expect("a count");
        assert_eq!(ada.lock().expect("a count").count, 200.0);
    }

    #[test]
    fn a_right_password_clears_the_accounts_failures_and_not_those_of_the_address() {
        let throttle = Throttle::default();
        let now = Instant::now();
        for number in 0..21 {
            assert!(try_once(&throttle, &guess(&format!("user-{number}"), "192.0.2.1"), now));
        }
        assert!(throttle.check(&guess("ada", "192.0.2.1"), now).is_err(), "the address waits");
        assert!(throttle.check(&guess("ada", "192.0.2.2"), now).is_ok(), "another one does not");
        let later = now + Duration::from_secs(1);
        throttle.succeeded(&guess("ada", "192.0.2.1"));
        assert!(try_once(&throttle, &guess("ada", "192.0.2.1"), later));
        assert!(throttle.check(&guess("ada", "192.0.2.1"), later).is_err(), "its failures are still there");
    }

    #[test]
    fn an_address_is_forgiven_with_time() {
        let throttle = Throttle::default();
        let mut now = Instant::now();
        for number in 0..25 {
            let name = format!("user-{number}");
            let guess = guess(&name, "192.0.2.1");
            now += throttle.check(&guess, now).err().unwrap_or_default();
            throttle.failed(&guess, now);
        }
        let wait = throttle.check(&guess("ada", "192.0.2.1"), now).expect_err("a wait");
        assert!(wait > Duration::from_secs(10), "{wait:?}");
        let next_day = now + Duration::from_secs(24 * 60 * 60);
        for number in 0..20 {
            assert!(try_once(&throttle, &guess(&format!("other-{number}"), "192.0.2.1"), next_day));
        }
    }

    #[test]
    fn the_owner_is_counted_on_their_own_where_they_logged_in_before() {
        let throttle = Throttle::default();
        let now = Instant::now();
        while try_once(&throttle, &guess("ada", "198.51.100.1"), now) {}
        assert!(throttle.check(&guess("ada", "192.0.2.1"), now).is_err(), "from anywhere else the account waits");
        let home = Guess { known: true, ..guess("ada", "192.0.2.1") };
        assert_eq!(waits(&throttle, &home, 5), [0, 0, 0, 0, 1], "and at home it waits for what happened there");
    }

    #[test]
    fn a_new_password_starts_with_nothing_counted() {
        let throttle = Throttle::default();
        let now = Instant::now();
        while try_once(&throttle, &guess("ada", "192.0.2.1"), now) {}
        let reset = Guess { password_version: Some(1), ..guess("ada", "192.0.2.1") };
        assert!(throttle.check(&reset, now).is_ok());
    }

    #[test]
    fn a_million_names_take_no_more_memory_than_the_first_hundred_thousand() {
        let throttle = Throttle::default();
        let now = Instant::now();
        for number in 0..1_000_000_u32 {
            let address = std::net::Ipv4Addr::from_bits(number);
            throttle.failed(&guess(&number.to_string(), &address.to_string()), now);
        }
        assert!(throttle.failures.len() <= REMEMBERED, "{}", throttle.failures.len());
    }
}
