//! The counts of servers that share a database. The database's time holds, as the servers' clocks differ.
//!
//! The guesses of one server first wait for each other in its memory, in the order of their arrival. So only a few of them ask
//! the database at once. No failure is counted in that memory: a success at another server could not clear it.
//!
//! What is counted is kept as a digest that needs the key of the tokens. Somebody may have typed a password into the field for
//! the name.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, SemaphorePermit},
    time::{sleep, timeout},
};
use uuid::Uuid;

use super::{
    curve::{ACCOUNT, Curve, LONGEST_WAIT, of_guesses, of_sign_ups},
    guess::{End, Guess, Guessed, Refused},
    local::{self, Local},
};
use crate::server::{
    security::address::{ClientAddress, Network},
    store::{Count, LockedCounts, Store, StoreError},
};

/// The pause before a guess looks again whether the others have ended: at first, and at most.
const PAUSES: [Duration; 2] = [Duration::from_millis(10), Duration::from_millis(80)];
/// How long a guess waits if something is wrong: PostgreSQL does not answer, or another server does not end its guesses.
const PATIENCE: Duration = Duration::from_secs(4);
/// How often a guess that waits looks whether something is wrong.
const A_MOMENT: Duration = Duration::from_millis(500);
/// How many waits a server remembers.
const REMEMBERED: usize = 100_000;
/// A count that has faded to this is forgotten.
const FORGOTTEN: f64 = 0.5;

/// The counts of all servers.
pub struct Shared {
    counts: Arc<SharedCounts>,
    key: String,
    /// The guesses of this server that are in progress, and those that wait for them. Without failures.
    queue: Local,
    /// Until when the keys of unknown pairs have to wait, as far as this server has been told. No success ends such a wait
    /// earlier, so the database need not be asked again.
    waits: Cache<String, Instant>,
}

/// The counts, as they are asked for.
struct SharedCounts {
    store: Store,
    /// A part of the connections: others have to get theirs while somebody guesses.
    turns: Semaphore,
    /// A guess in progress that has not ended after this time has failed: its server was killed. No request takes longer.
    lease: Duration,
    /// Whether the database did not answer the last time.
    fails: AtomicBool,
}

/// A guess in progress. Drop guard: one that is dropped without an end is ended by a task.
pub struct InProgress<'a> {
    /// Its place among those of its server.
    _place: local::InProgress<'a>,
    counts: Arc<SharedCounts>,
    keys: Arc<Keys>,
    id: String,
    end: End,
    /// Whether the database may know of it.
    is_begun: bool,
}

/// The counts of a guess.
struct Keys {
    /// The digests: the account's, or the known pair's, comes first.
    digests: Vec<String>,
    curves: Vec<&'static Curve>,
    known: bool,
}

/// The decision about a guess.
enum Admission {
    Admitted,
    /// Too many guesses failed before: refused for this time, by the count of this key.
    Refused(Duration, String),
    /// It depends on how the guesses in progress end.
    Undecided,
}

impl Shared {
    /// The counts in `store`, to which this server has so many `connections`. At most `most_waiting` guesses of this server wait
    /// for others of it to end. A request takes `lease` at most.
    pub fn new(store: Store, connections: u32, most_waiting: usize, lease: Duration, key: &str) -> Self {
        let turns = Semaphore::new(usize::try_from(connections / 3).unwrap_or(usize::MAX).max(1));
        Self {
            counts: Arc::new(SharedCounts { store, turns, lease, fails: AtomicBool::new(false) }),
            key: key.to_owned(),
            queue: Local::new(most_waiting),
            waits: Cache::new(REMEMBERED),
        }
    }

    /// Checks what this server has been told: see [`Throttle::check`](super::Throttle::check).
    ///
    /// # Errors
    /// [`Refused`].
    pub fn check(&self, guess: &Guess<'_>) -> Result<(), Refused> {
        let now = Instant::now();
        let keys = self.keys(guess);
        let wait = keys.digests.iter().filter_map(|key| self.waits.get(key)?.checked_duration_since(now)).max();
        wait.filter(|wait| !wait.is_zero()).map_or(Ok(()), |wait| Err(Refused::TooManyFailures(wait)))
    }

    /// Begins a guess: see [`Throttle::begin`](super::Throttle::begin).
    ///
    /// # Errors
    /// [`Refused`]; the guess has not begun.
    pub async fn begin(&self, guess: &Guess<'_>) -> Result<InProgress<'_>, Refused> {
        let began = Instant::now();
        let mut begun = pin!(self.wait_and_begin(guess));
        loop {
            match timeout(A_MOMENT, begun.as_mut()).await {
                Ok(begun) => return begun,
                // The guesses before it hang, because PostgreSQL does.
                Err(_) if began.elapsed() > PATIENCE && self.counts.fails.load(Ordering::Relaxed) => {
                    return Err(Refused::TooManyWaiting);
                }
                Err(_) => {}
            }
        }
    }

    async fn wait_and_begin(&self, guess: &Guess<'_>) -> Result<InProgress<'_>, Refused> {
        let keys = Arc::new(self.keys(guess));
        let mut guess = InProgress {
            _place: self.queue.begin(guess).await?,
            counts: Arc::clone(&self.counts),
            keys: Arc::clone(&keys),
            id: Uuid::new_v4().simple().to_string(),
            end: End::Void,
            is_begun: false,
        };
        let [mut pause, longest_pause] = PAUSES;
        let began = Instant::now();
        loop {
            // This may be cut off at any moment.
            guess.is_begun = true;
            let admission = admit(&self.counts, &keys, &guess.id).await?;
            guess.is_begun = matches!(admission, Admission::Admitted);
            match admission {
                Admission::Admitted => return Ok(guess),
                Admission::Refused(wait, key) => {
                    if !keys.known {
                        self.waits.insert(key, Instant::now() + wait);
                    }
                    return Err(Refused::TooManyFailures(wait));
                }
                // Perhaps a server was killed, and its guesses have to expire.
                Admission::Undecided if began.elapsed() > PATIENCE => return Err(Refused::TooManyWaiting),
                Admission::Undecided => {}
            }
            sleep(pause).await;
            pause = (pause * 2).min(longest_pause);
        }
    }

    /// Counts a sign-up: see [`Throttle::sign_up`](super::Throttle::sign_up).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn sign_up(&self, address: ClientAddress) -> Result<Option<Duration>, StoreError> {
        let mut keys = Keys { digests: Vec::new(), curves: Vec::new(), known: false };
        for network in address.networks() {
            keys.digests.push(self.digest(&format!("sign-up {}", name(&network))));
            keys.curves.push(of_sign_ups(&network));
        }
        let _turn = self.counts.turn().await?;
        let mut counts = self.counts.lock(&keys).await?;
        let wait = longest_wait(&counts).map(|(wait, _)| wait);
        if wait.is_none() {
            add(&mut counts, &keys, &vec![1; keys.digests.len()]).await?;
        }
        counts.commit().await?;
        Ok(wait)
    }

    fn keys(&self, guess: &Guess<'_>) -> Keys {
        let Guess { at, username, password_version, address, known } = *guess;
        // The username comes last: it may have any character.
        let (account, of_network) = match at {
            Guessed::Password if known => (format!("pair {password_version:?} {address} {username}"), "guesses"),
            Guessed::Password => (format!("account {password_version:?} {username}"), "guesses"),
            Guessed::ClientSecret => (format!("client {username}"), "secrets"),
        };
        let mut keys = Keys { digests: vec![self.digest(&account)], curves: vec![&ACCOUNT], known };
        for network in address.networks().filter(|_| !known) {
            keys.digests.push(self.digest(&format!("{of_network} {}", name(&network))));
            keys.curves.push(of_guesses(&network));
        }
        keys
    }

    /// The digest of what is counted.
    fn digest(&self, of: &str) -> String {
        let digest = Sha256::new().chain_update(&self.key).chain_update([0]).chain_update(of).finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A network, as it is counted.
fn name(network: &Network) -> String {
    match network {
        Network::Address(address) => address.to_string(),
        Network::Household(prefix) => format!("{prefix:x}/56"),
        Network::Site(prefix) => format!("{prefix:x}/48"),
    }
}

impl SharedCounts {
    /// Waits for a turn to ask the database.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, StoreError> {
        let turn = timeout(PATIENCE, self.turns.acquire()).await;
        // It is never closed.
        turn.map_err(|_| StoreError::timed_out())?.map_err(|_| StoreError::timed_out())
    }

    async fn lock(&self, keys: &Keys) -> Result<LockedCounts, StoreError> {
        let counts = self.store.lock_counts(&keys.digests, milliseconds(self.lease)).await;
        self.fails.store(counts.is_err(), Ordering::Relaxed);
        counts
    }
}

/// Admits a guess if it would be admitted even if every guess in progress failed.
async fn admit(shared: &SharedCounts, keys: &Keys, id: &str) -> Result<Admission, StoreError> {
    let _turn = shared.turn().await?;
    let mut counts = shared.lock(keys).await?;
    let expired: Vec<i64> = counts.each.iter().map(|count| count.expired).collect();
    if expired.iter().any(|expired| *expired > 0) {
        for key in &keys.digests {
            counts.end_expired(key, milliseconds(shared.lease)).await?;
        }
        add(&mut counts, keys, &expired).await?;
    }
    let would_wait = |(count, curve): (&Count, &&Curve)| {
        let failed = faded(count, curve, counts.now) + number(count.in_progress);
        count.in_progress > 0 && !curve.wait_after(failed).is_zero()
    };
    let admission = match longest_wait(&counts) {
        Some((wait, position)) => Admission::Refused(wait, keys.digests.get(position).cloned().unwrap_or_default()),
        None if counts.each.iter().zip(&keys.curves).any(would_wait) => Admission::Undecided,
        None => {
            let expires_at = counts.now.saturating_add(milliseconds(shared.lease));
            counts.begin_guess(&keys.digests, id, expires_at).await?;
            Admission::Admitted
        }
    };
    counts.commit().await?;
    Ok(admission)
}

/// Ends a guess that was admitted. Where it has expired before, it was counted then.
async fn end(shared: &SharedCounts, keys: &Keys, id: &str, end: End) -> Result<(), StoreError> {
    let _turn = shared.turn().await?;
    let mut counts = shared.lock(keys).await?;
    let mut failures = Vec::new();
    for key in &keys.digests {
        failures.push(i64::from(counts.end_guess(key, id).await?));
    }
    match (end, keys.digests.first()) {
        (End::Failed, _) => add(&mut counts, keys, &failures).await?,
        // Only a known pair's own count is cleared: see the counts of one server.
        (End::Succeeded, Some(pair)) if keys.known => counts.clear(pair).await?,
        _ => {}
    }
    counts.commit().await
}

/// Adds failures to the counts, so many to each.
async fn add(counts: &mut LockedCounts, keys: &Keys, failures: &[i64]) -> Result<(), StoreError> {
    for (position, ((key, curve), failures)) in keys.digests.iter().zip(&keys.curves).zip(failures).enumerate() {
        let Some(before) = counts.each.get(position).copied().filter(|_| *failures > 0) else { continue };
        let count = faded(&before, curve, counts.now) + number(*failures);
        let wait = curve.wait_after(count);
        let until = (!wait.is_zero()).then(|| counts.now.saturating_add(milliseconds(wait)));
        let forget_at = counts.now.saturating_add(milliseconds(curve.time_until(count, FORGOTTEN)));
        counts.set(key, count, until, forget_at).await?;
        if let Some(after) = counts.each.get_mut(position) {
            *after = Count { count, counted_at: counts.now, until, expired: 0, ..before };
        }
    }
    Ok(())
}

/// How long these counts make one wait, and which of them, if they do. A time that is further away than the longest wait was
/// written by a database whose clock was ahead of this one.
fn longest_wait(counts: &LockedCounts) -> Option<(Duration, usize)> {
    let wait = |count: &Count| {
        let wait = u64::try_from(count.until? - counts.now).ok().filter(|wait| *wait > 0)?;
        Some(Duration::from_millis(wait)).filter(|wait| *wait <= LONGEST_WAIT)
    };
    counts.each.iter().enumerate().filter_map(|(position, count)| Some((wait(count)?, position))).max()
}

/// What is left of a count.
fn faded(count: &Count, curve: &Curve, now: i64) -> f64 {
    let after = u64::try_from(now.saturating_sub(count.counted_at)).unwrap_or_default();
    curve.faded(count.count, Duration::from_millis(after))
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "there are no more guesses than a number of 52 bits can count")]
fn number(count: i64) -> f64 {
    count as f64
}

impl InProgress<'_> {
    /// The password is looked at now.
    pub fn looks(&mut self) {
        self.end = End::Failed;
    }

    /// Ends it, and waits until that is counted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]. It is tried once more, and nobody has to wait for that.
    pub async fn end(mut self, how: End) -> Result<(), StoreError> {
        self.end = how;
        if how == End::Void {
            // Dropping it does that: the database may be in trouble.
            return Ok(());
        }
        // If this is cut off or fails, dropping tries again.
        let ended = end(&self.counts, &self.keys, &self.id, how).await;
        self.is_begun = ended.is_err();
        if how == End::Failed && self.id.starts_with('0') {
            let counts = Arc::clone(&self.counts);
            tokio::spawn(async move {
                if let Err(error) = counts.store.forget_counts().await {
                    tracing::warn!(%error, "counts of the rate limit that are over were not removed");
                }
            });
        }
        ended
    }
}

impl Drop for InProgress<'_> {
    fn drop(&mut self) {
        let Ok(runtime) = Handle::try_current() else { return };
        if !self.is_begun {
            return;
        }
        let (counts, keys, how) = (Arc::clone(&self.counts), Arc::clone(&self.keys), self.end);
        let id = std::mem::take(&mut self.id);
        // Until it is counted it is in progress, and others wait for it.
        runtime.spawn(async move {
            if end(&counts, &keys, &id, how).await.is_ok() {
                return;
            }
            // PostgreSQL may just have been restarted.
            sleep(Duration::from_secs(1)).await;
            match end(&counts, &keys, &id, how).await {
                Err(error) if how != End::Void => {
                    tracing::warn!(%error, "the end of a guess was not counted: it counts as a failure");
                }
                _ => {}
            }
        });
    }
}
