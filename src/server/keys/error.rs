//! What can go wrong with keys.

use std::{io, path::PathBuf};

use crate::server::{clock::rfc_3339, security::secret::SecretError, settings::Algorithm, store::StoreError};

/// Why a key cannot be made, kept, read or replaced. The message is one line.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No key can be made.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// No key pair can be made.
    #[error("no key could be made for {0}")]
    NotMade(Algorithm),
    /// The file cannot be written or read.
    #[error("the key file {0} cannot be used: {1}")]
    File(PathBuf, #[source] io::Error),
    /// The file holds fewer than 32 bytes.
    #[error(
        "the key file {0} holds fewer than 32 bytes: restore it, or remove it (without token.secret-key the server makes a new key \
         then, and all access tokens end)"
    )]
    TooShort(PathBuf),
    /// The file holds something else.
    #[error("the key file {0} is broken: restore it, or remove it, and all access tokens end")]
    Broken(PathBuf),
    /// Somebody else holds the lock.
    #[error(
        "another process has been changing the keys for {1} seconds (it holds a lock on {0}): try again when it is done"
    )]
    Busy(PathBuf, u64),
    /// The server could not read what is written.
    #[error(
        "the key file {0} was not changed, as the database belongs to another user: run the command as that user ({1})"
    )]
    Owner(PathBuf, #[source] io::Error),
    /// A key that is kept is none.
    #[error("the key {0} cannot be read: remove it, or restore it from a backup")]
    Unreadable(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Other servers on the same database would refuse this server's tokens.
    #[error(
        "the servers that share this database sign tokens with another key: set the same token.secret-key for all of them \
         (deploy/README.md says how to change it)"
    )]
    AnotherKey,
    /// The operator has set the key.
    #[error(
        "the key is token.secret-key, so it is replaced in the settings: put a new one there (`cloakroom secret` prints one), put \
         the old one into token.previous-secret-keys, and restart the server. Several servers: first put the new one into \
         token.previous-secret-keys of all of them. Remove the old one when its tokens have expired"
    )]
    InSettings,
    /// No server was started yet.
    #[error(
        "there is no key yet: the server makes one at its first start. If it has token.secret-key, use its settings"
    )]
    NoKey,
    /// Somebody has removed the keys of a server that runs.
    #[error("the keys are gone: put them back, or restart the server, which makes a new one then")]
    Gone,
    /// The command's settings are not the servers'.
    #[error("the servers sign with {0}, and token.algorithm is {1} here: use the servers' own settings")]
    OtherAlgorithm(String, Algorithm),
    /// The next key is there already.
    #[error("the next key is there already: it signs from {} on", rfc_3339(.0.saturating_mul(1000)))]
    Waiting(i64),
    /// There is no such key.
    #[error("there is no key {0:?}: `cloakroom key list` shows all")]
    Unknown(String),
    /// The key is needed.
    #[error(
        "the key {0} signs, now or later: replace it with `cloakroom key rotate`, or at once with `cloakroom key rotate --now`"
    )]
    Signs(String),
}
