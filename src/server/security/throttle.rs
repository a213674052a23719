//! The rate limit for logins, clients and sign-ups. It makes guessing passwords slow. Failed logins are counted for each account,
//! existing or not, and for each client address and its networks. Each failure makes the next guess wait longer.
//!
//! The counts are the same for names that exist and names that do not. A server that is alone with its database has them in
//! memory, and bounded (`local`). Servers that share PostgreSQL share the counts, too (`shared`): guessing at five servers
//! gains nothing over guessing at one. The lockout after [`MOST_FAILURES`] failures in a row is in the database.
//!
//! A user and an address from which that user has logged in before are a known pair. A known pair has a separate count:
//! an attack from another address, or on other names from the same address, does not make the owner wait.
//!
//! Wrong secrets of confidential clients are counted in the same way, and apart from passwords: a client that has an old secret makes no
//! user at its address wait. Sign-ups are counted for each address and its networks, whether they succeed or not.
//!
//! Guesses in progress count as failures until they end. So parallel guessing gains nothing over guessing one by one.

mod curve;
mod guess;
mod local;
mod shared;

use std::time::Duration;

pub use self::guess::{Guess, Guessed, Refused};
use self::{guess::End, local::Local, shared::Shared};
use super::address::ClientAddress;
use crate::server::{
    clock,
    settings::Settings,
    store::{Store, StoreError},
};

/// After this many failures in a row, an account's password is refused until it is reset (NIST SP 800-63B-4 §3.2.2).
pub const MOST_FAILURES: i64 = 100;

/// The rate limit for logins and sign-ups.
pub enum Throttle {
    /// Of one server.
    Local(Local),
    /// Of all servers that use the same database.
    Shared(Shared),
}

/// A guess in progress. Drop guard: once the password is looked at, a guess that is dropped without an end counts as a
/// failure.
#[must_use = "a guess that is dropped has ended"]
pub enum InProgress<'a> {
    /// Among those of one server.
    Local(local::InProgress<'a>),
    /// Among those of all servers.
    Shared(shared::InProgress<'a>),
}

/// A wait for `Retry-After`: whole seconds, and never too few.
pub fn whole_seconds(wait: Duration) -> u32 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a quarter of an hour at most")]
    let seconds = wait.as_secs_f64().ceil() as u32;
    seconds
}

impl Throttle {
    /// Without failures, for one server; or with those that the database has. At most `password.queue` guesses wait for others to
    /// end. `key` is the key that signs tokens: without it, nobody can tell from the database what is counted.
    pub fn new(store: &Store, settings: &Settings, key: &str) -> Self {
        let most_waiting = settings.password.queue;
        match store.shared_connections() {
            None => Self::Local(Local::new(most_waiting)),
            Some(connections) => {
                let lease = Duration::from_secs(settings.limits.request_timeout.into());
                Self::Shared(Shared::new(store.clone(), connections, most_waiting, lease, key))
            }
        }
    }

    /// Checks whether this guess has to wait, according to the failures so far.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn check(&self, guess: &Guess<'_>) -> Result<(), Refused> {
        match self {
            Self::Local(local) => local.check(guess, clock::monotonic()).map_err(Refused::TooManyFailures),
            Self::Shared(shared) => shared.check(guess),
        }
    }

    /// Begins a guess. If the guesses in progress could still cause a wait, it first waits for them to end. So parallel
    /// guessing checks no more passwords than guessing one by one, and right passwords in parallel all succeed.
    ///
    /// # Errors
    /// [`Refused`]; the guess has not begun.
    pub async fn begin(&self, guess: &Guess<'_>) -> Result<InProgress<'_>, Refused> {
        Ok(match self {
            Self::Local(local) => InProgress::Local(local.begin(guess).await?),
            Self::Shared(shared) => InProgress::Shared(shared.begin(guess).await?),
        })
    }

    /// Counts a sign-up from `address`, whatever becomes of it. Or returns how long it has to wait; it is not counted then.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn sign_up(&self, address: ClientAddress) -> Result<Option<Duration>, StoreError> {
        match self {
            Self::Local(local) => Ok(local.sign_up(address, clock::monotonic()).err()),
            Self::Shared(shared) => shared.sign_up(address).await,
        }
    }
}

impl InProgress<'_> {
    /// The password is looked at now.
    pub fn looks(&mut self) {
        match self {
            Self::Local(guess) => guess.looks(),
            Self::Shared(guess) => guess.looks(),
        }
    }

    /// The password was right.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: it is not known to all servers yet.
    pub async fn succeeded(self) -> Result<(), StoreError> {
        self.end(End::Succeeded).await
    }

    /// The password was wrong.
    pub async fn failed(self) {
        // If it cannot be counted now, it stays in progress, and counts as a failure.
        let _ = self.end(End::Failed).await;
    }

    /// The guess was not checked, because of a server error. It does not count.
    pub async fn void(self) {
        let _ = self.end(End::Void).await;
    }

    async fn end(self, how: End) -> Result<(), StoreError> {
        match self {
            Self::Local(guess) => {
                guess.end(how);
                Ok(())
            }
            Self::Shared(guess) => guess.end(how).await,
        }
    }
}
