//! The rate limit for logins and sign-ups. It makes guessing passwords slow. Failed logins are counted for each account,
//! existing or not, and for each client address and its networks. Each failure makes the next guess wait longer.
//!
//! The counts are in memory and bounded. They are the same for names that exist and names that do not. The lockout
//! after [`MOST_FAILURES`] failures in a row is in the database.
//!
//! A user and an address from which that user has logged in before are a known pair. A known pair has a separate count:
//! an attack from another address, or on other names from the same address, does not make the owner wait.
//!
//! Sign-ups are counted for each address and its networks, whether they succeed or not.
//!
//! Guesses in progress count as failures until they end. So parallel guessing gains nothing over guessing one by one.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use quick_cache::unsync::Cache;
use tokio::sync::oneshot;

use super::address::{ClientAddress, Network};
use crate::server::clock;

/// After this many failures in a row, an account's password is refused until it is reset (NIST SP 800-63B-4 §3.2.2).
pub const MOST_FAILURES: i64 = 100;

/// The longest wait, in seconds.
const LONGEST_WAIT: f64 = 900.0;
/// How many counts are kept. The least used are forgotten first.
const REMEMBERED: usize = 100_000;

/// How failures add up to a wait.
#[derive(Debug)]
struct Curve {
    /// How many failures cause no wait.
    free: f64,
    /// The time in which a count falls to half.
    half_life: Duration,
}

/// Three typos cause no wait. The fourth failure causes a wait of one second, the fifth two, the sixth four.
const ACCOUNT: Curve = Curve { free: 3.0, half_life: Duration::from_secs(24 * 60 * 60) };
/// An IPv4 address or an IPv6 /64. Many people may share it. An attacker may also have an account of their own, so no
/// success clears the count.
const ADDRESS: Curve = Curve { free: 20.0, half_life: Duration::from_secs(10 * 60) };
/// An IPv6 /56: 256 of the addresses above, often one household.
const HOUSEHOLD: Curve = Curve { free: 40.0, half_life: Duration::from_secs(10 * 60) };
/// An IPv6 /48: 65,536 of the addresses above, often one site or one customer of a hoster.
const SITE: Curve = Curve { free: 160.0, half_life: Duration::from_secs(10 * 60) };

/// Sign-ups of an IPv4 address or an IPv6 /64: a school or a company may be behind one.
const SIGN_UPS: Curve = Curve { free: 60.0, half_life: Duration::from_secs(60 * 60) };
/// Sign-ups of an IPv6 /56.
const SIGN_UPS_OF_HOUSEHOLD: Curve = Curve { free: 120.0, half_life: Duration::from_secs(60 * 60) };
/// Sign-ups of an IPv6 /48.
const SIGN_UPS_OF_SITE: Curve = Curve { free: 480.0, half_life: Duration::from_secs(60 * 60) };

/// The rate limit for logins and sign-ups.
pub struct Throttle {
    counts: Mutex<Counts>,
    /// It has a random key: nobody can find two names with the same count.
    hasher: RandomState,
}

struct Counts {
    failures: Cache<u64, Failures>,
    /// How many guesses are in progress, by the same keys.
    in_progress: HashMap<u64, u32>,
    /// The guesses that wait for others to end, in the order of their arrival.
    waiting: VecDeque<Waiter>,
    /// How many guesses may wait.
    most_waiting: usize,
}

/// The failures of one account, address or network.
#[derive(Clone, Copy)]
struct Failures {
    count: f64,
    counted_at: Instant,
    /// Until then every guess is refused. `None` if none has to wait: not even one that read the clock a moment before this
    /// was counted.
    until: Option<Instant>,
}

/// A guess at a password.
#[derive(Debug)]
pub struct Guess<'a> {
    /// The username, as it was sent.
    pub username: &'a str,
    /// The version of the account's password, if the account exists. A new password starts without failures.
    pub password_version: Option<i64>,
    /// The address that the guess comes from.
    pub address: ClientAddress,
    /// Whether the account's owner has logged in from this address before.
    pub known: bool,
}

/// Why a guess was not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Too many guesses failed before. It has to wait for this time.
    TooManyFailures(Duration),
    /// Too many guesses wait for others to end.
    TooManyWaiting,
}

/// A guess in progress. Drop guard: once the password is looked at, a guess that is dropped without an end counts as a
/// failure.
#[must_use = "a guess that is dropped has ended"]
pub struct InProgress<'a> {
    throttle: &'a Throttle,
    keys: Keys,
    end: End,
}

/// A guess that waits for others to end. Drop guard: a guess that was begun after its request had ended ends too.
struct Waiting<'a> {
    throttle: &'a Throttle,
    keys: Keys,
    decided: oneshot::Receiver<Result<(), Refused>>,
}

/// The other end of a guess that waits.
struct Waiter {
    keys: Keys,
    decided: oneshot::Sender<Result<(), Refused>>,
}

/// How a guess ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Failed,
    Succeeded,
    /// The password was not looked at, or the server had an error. It does not count.
    Void,
}

/// The counts of a guess.
#[derive(Clone)]
struct Keys {
    /// The count of the account, or of the known pair.
    account: u64,
    /// The counts of the address and its networks. A known pair has none.
    networks: Vec<(u64, &'static Curve)>,
    known: bool,
}

/// The decision about a guess.
#[derive(Debug, PartialEq, Eq)]
enum Admission {
    Admitted,
    /// Too many guesses failed before: refused for this time.
    Refused(Duration),
    /// It depends on how the guesses in progress end.
    Undecided,
}

impl Throttle {
    /// Without failures. At most `most_waiting` guesses wait for others to end.
    pub fn new(most_waiting: usize) -> Self {
        let counts = Counts {
            failures: Cache::new(REMEMBERED),
            in_progress: HashMap::new(),
            waiting: VecDeque::new(),
            most_waiting,
        };
        Self { counts: Mutex::new(counts), hasher: RandomState::new() }
    }

    /// Checks whether this guess has to wait at `now`, according to the failures so far.
    ///
    /// # Errors
    /// How long it has to wait.
    pub fn check(&self, guess: &Guess<'_>, now: Instant) -> Result<(), Duration> {
        self.lock().wait(&self.keys(guess), now).map_or(Ok(()), Err)
    }

    /// Begins a guess. If the guesses in progress could still cause a wait, it first waits for them to end. So parallel
    /// guessing checks no more passwords than guessing one by one, and right passwords in parallel all succeed.
    ///
    /// # Errors
    /// [`Refused`]; the guess has not begun.
    pub async fn begin(&self, guess: &Guess<'_>) -> Result<InProgress<'_>, Refused> {
        let keys = self.keys(guess);
        let (decided, decision) = oneshot::channel();
        self.lock().arrive(Waiter { keys: keys.clone(), decided }, clock::monotonic());
        let mut waiting = Waiting { throttle: self, keys: keys.clone(), decided: decision };
        // The sender is never dropped without a decision while somebody waits.
        (&mut waiting.decided).await.unwrap_or(Err(Refused::TooManyWaiting))?;
        Ok(InProgress { throttle: self, keys, end: End::Void })
    }

    /// Counts a sign-up from `address` at `now`, whatever becomes of it.
    ///
    /// # Errors
    /// How long it has to wait. It is not counted then.
    pub fn sign_up(&self, address: ClientAddress, now: Instant) -> Result<(), Duration> {
        let networks = address.networks().map(|network| {
            let curve = match network {
                Network::Address(_) => &SIGN_UPS,
                Network::Household(_) => &SIGN_UPS_OF_HOUSEHOLD,
                Network::Site(_) => &SIGN_UPS_OF_SITE,
            };
            (self.hasher.hash_one(("sign-up", network)), curve)
        });
        let networks: Vec<_> = networks.collect();
        let mut counts = self.lock();
        if let Some(wait) = networks.iter().filter_map(|(key, _)| counts.wait_of(*key, now)).max() {
            return Err(wait);
        }
        for (key, curve) in networks {
            counts.add(key, curve, now);
        }
        Ok(())
    }

    /// The counts of this guess.
    fn keys(&self, guess: &Guess<'_>) -> Keys {
        let own_address = guess.known.then_some(guess.address);
        let account = self.hasher.hash_one((guess.username, guess.password_version, own_address));
        let networks = guess.address.networks().filter(|_| !guess.known).map(|network| {
            let curve = match network {
                Network::Address(_) => &ADDRESS,
                Network::Household(_) => &HOUSEHOLD,
                Network::Site(_) => &SITE,
            };
            (self.hasher.hash_one(network), curve)
        });
        Keys { account, networks: networks.collect(), known: guess.known }
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl InProgress<'_> {
    /// The password is looked at now.
    pub fn looks(&mut self) {
        self.end = End::Failed;
    }

    /// The password was right.
    pub fn succeeded(mut self) {
        self.end = End::Succeeded;
    }

    /// The guess was not checked, because of a server error. It does not count.
    pub fn void(mut self) {
        self.end = End::Void;
    }
}

impl Drop for InProgress<'_> {
    fn drop(&mut self) {
        self.throttle.lock().end(&self.keys, self.end, clock::monotonic());
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.decided.close();
        if matches!(self.decided.try_recv(), Ok(Ok(()))) {
            self.throttle.lock().end(&self.keys, End::Void, clock::monotonic());
        }
    }
}

impl Keys {
    /// Each count, and how it adds up.
    fn all(&self) -> impl Iterator<Item = (u64, &'static Curve)> {
        std::iter::once((self.account, &ACCOUNT)).chain(self.networks.iter().copied())
    }
}

impl Counts {
    /// How long a guess with these counts has to wait, if it has to wait.
    fn wait(&self, keys: &Keys, now: Instant) -> Option<Duration> {
        keys.all().filter_map(|(key, _)| self.wait_of(key, now)).max()
    }

    /// How long this count makes one wait, if it does.
    fn wait_of(&self, key: u64, now: Instant) -> Option<Duration> {
        self.failures.get(&key)?.until?.checked_duration_since(now).filter(|wait| !wait.is_zero())
    }

    /// Adds one to a count.
    fn add(&mut self, key: u64, curve: &Curve, now: Instant) {
        let count = self.count(key, curve, now) + 1.0;
        let wait = curve.wait_after(count);
        let until = (!wait.is_zero()).then(|| now + wait);
        self.failures.insert(key, Failures { count, counted_at: now, until });
    }

    /// Decides about a guess, or lets it wait.
    fn arrive(&mut self, guess: Waiter, now: Instant) {
        let is_behind = self.waiting.iter().any(|other| other.keys.account == guess.keys.account);
        if let Some(guess) = self.decide(guess, is_behind, now) {
            if self.waiting.len() < self.most_waiting {
                self.waiting.push_back(guess);
            } else {
                // The request may have ended meanwhile.
                let _ = guess.decided.send(Err(Refused::TooManyWaiting));
            }
        }
    }

    /// Decides about a guess, and tells its request. Returns the guess if it depends on how others end. A guess that
    /// `is_behind` another one of its account does not overtake it.
    fn decide(&mut self, guess: Waiter, is_behind: bool, now: Instant) -> Option<Waiter> {
        // Nobody makes the guess of a request that has ended.
        if guess.decided.is_closed() {
            return None;
        }
        let admission = match self.wait(&guess.keys, now) {
            None if is_behind => Admission::Undecided,
            _ => self.admit(&guess.keys, now),
        };
        match admission {
            Admission::Admitted => {
                if guess.decided.send(Ok(())).is_err() {
                    self.leave(&guess.keys);
                }
                None
            }
            Admission::Refused(wait) => {
                let _ = guess.decided.send(Err(Refused::TooManyFailures(wait)));
                None
            }
            Admission::Undecided => Some(guess),
        }
    }

    /// Admits a guess if it would be admitted even if every guess in progress failed.
    fn admit(&mut self, keys: &Keys, now: Instant) -> Admission {
        if let Some(wait) = self.wait(keys, now) {
            return Admission::Refused(wait);
        }
        let would_wait = |(key, curve): (u64, &Curve)| {
            let in_progress = self.in_progress.get(&key).copied().unwrap_or_default();
            in_progress > 0 && !curve.wait_after(self.count(key, curve, now) + f64::from(in_progress)).is_zero()
        };
        if keys.all().any(would_wait) {
            return Admission::Undecided;
        }
        for (key, _) in keys.all() {
            *self.in_progress.entry(key).or_default() += 1;
        }
        Admission::Admitted
    }

    /// Ends a guess that was admitted, and decides about those that wait for it.
    fn end(&mut self, keys: &Keys, end: End, now: Instant) {
        self.leave(keys);
        match end {
            End::Failed => {
                for (key, curve) in keys.all() {
                    self.add(key, curve, now);
                }
            }
            // Only a known pair's own count is cleared. All other addresses share one count. Clearing it would tell an
            // attacker that the account exists and that its owner has just logged in.
            End::Succeeded if keys.known => drop(self.failures.remove(&keys.account)),
            End::Succeeded | End::Void => {}
        }
        let mut accounts = HashSet::new();
        for guess in std::mem::take(&mut self.waiting) {
            let is_behind = accounts.contains(&guess.keys.account);
            if let Some(guess) = self.decide(guess, is_behind, now) {
                accounts.insert(guess.keys.account);
                self.waiting.push_back(guess);
            }
        }
    }

    /// Removes a guess from those in progress.
    fn leave(&mut self, keys: &Keys) {
        for (key, _) in keys.all() {
            if let Some(in_progress) = self.in_progress.get_mut(&key) {
                *in_progress -= 1;
                if *in_progress == 0 {
                    self.in_progress.remove(&key);
                }
            }
        }
    }

    /// The failures that still count at `now`.
    fn count(&self, key: u64, curve: &Curve, now: Instant) -> f64 {
        self.failures
            .get(&key)
            .map_or(0.0, |failures| curve.faded(failures.count, now.saturating_duration_since(failures.counted_at)))
    }
}

impl Curve {
    /// What is left of `count` after this time.
    fn faded(&self, count: f64, after: Duration) -> f64 {
        count * (-after.as_secs_f64() / self.half_life.as_secs_f64()).exp2()
    }

    /// The wait after this many failures: none at first, then one second, and twice as long after each further failure.
    fn wait_after(&self, count: f64) -> Duration {
        let beyond = count - self.free;
        if beyond <= 0.0 {
            return Duration::ZERO;
        }
        Duration::from_secs_f64((beyond - 1.0).exp2().min(LONGEST_WAIT))
    }
}

#[cfg(test)]
mod tests;
