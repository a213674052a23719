//! A guess at a password or at a client's secret, why it is not begun, and how it ends.

use std::time::Duration;

use crate::server::{security::address::ClientAddress, store::StoreError};

/// A guess at a password, or at a client's secret.
#[derive(Debug)]
pub struct Guess<'a> {
    /// What it is a guess at.
    pub at: Guessed,
    /// The username, as it was sent. For a client it is the client's id.
    pub username: &'a str,
    /// The version of the account's password, if the account exists. A new password starts without failures.
    pub password_version: Option<i64>,
    /// The address that the guess comes from.
    pub address: ClientAddress,
    /// Whether the account's owner has logged in from this address before.
    pub known: bool,
}

/// What is guessed at. Each has counts of its own, so that a client with a wrong secret makes no user wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guessed {
    /// A user's password.
    Password,
    /// A confidential client's secret.
    ClientSecret,
}

/// Why a guess was not begun.
#[derive(Debug)]
pub enum Refused {
    /// Too many guesses failed before. It has to wait for this time.
    TooManyFailures(Duration),
    /// Too many guesses wait for others to end.
    TooManyWaiting,
    /// The shared counts cannot be read.
    Store(StoreError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// How a guess ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The password was wrong, or nobody waited for the answer.
    Failed,
    /// The password was right.
    Succeeded,
    /// The password was not looked at, or the server had an error. It does not count.
    Void,
}
