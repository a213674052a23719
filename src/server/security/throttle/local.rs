//! The counts of a server that is alone with its database: in memory, and bounded.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use quick_cache::unsync::Cache;
use tokio::sync::oneshot;

use super::{
    curve::{ACCOUNT, Curve, of_guesses, of_sign_ups},
    guess::{End, Guess, Refused},
};
use crate::server::{clock, security::address::ClientAddress};

/// How many counts are kept. The least used are forgotten first.
const REMEMBERED: usize = 100_000;

/// The counts of one server.
pub struct Local {
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

/// A guess in progress. Drop guard: once the password is looked at, a guess that is dropped without an end counts as a
/// failure.
#[must_use = "a guess that is dropped has ended"]
pub struct InProgress<'a> {
    throttle: &'a Local,
    keys: Keys,
    end: End,
}

/// A guess that waits for others to end. Drop guard: a guess that was begun after its request had ended ends too.
struct Waiting<'a> {
    throttle: &'a Local,
    keys: Keys,
    decided: oneshot::Receiver<Result<(), Refused>>,
}

/// The other end of a guess that waits.
struct Waiter {
    keys: Keys,
    decided: oneshot::Sender<Result<(), Refused>>,
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

impl Local {
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
        let networks =
            address.networks().map(|network| (self.hasher.hash_one(("sign-up", &network)), of_sign_ups(&network)));
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
        let account = self.hasher.hash_one((guess.at, guess.username, guess.password_version, own_address));
        let networks = guess
            .address
            .networks()
            .filter(|_| !guess.known)
            .map(|network| (self.hasher.hash_one((guess.at, network)), of_guesses(&network)));
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

    /// Ends it.
    pub fn end(mut self, how: End) {
        self.end = how;
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

#[cfg(test)]
mod tests;
