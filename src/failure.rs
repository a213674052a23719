//! Why the program ends.

use std::{io, net::SocketAddr, path::PathBuf};

use cloakroom::{
    model::BrokenRule,
    server::{
        accounts::{ExportError, ImportError, UserError},
        clients::ClientError,
        keys::KeyError,
        moving::MoveError,
        network::tls::TlsError,
        security::{password::HashError, secret::SecretError},
        settings::SettingsError,
        state::StartError,
        store::{BackupError, OpenError, StoreError},
    },
};

/// Why the program ends with exit code 1. The message is one line on standard error.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("cannot listen on {0}: {1}")]
    Listen(SocketAddr, #[source] io::Error),
    #[error("the password cannot be read: {0}")]
    Password(#[source] io::Error),
    #[error("the two passwords are not the same: try again")]
    PasswordsDiffer,
    #[error(transparent)]
    User(#[from] UserError),
    #[error("there is no user {0:?}")]
    NoUser(String),
    #[error(transparent)]
    ClientName(BrokenRule),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("there is no client {0:?}")]
    NoClient(String),
    #[error("there is a client {0:?} already: `cloakroom client secret {0}` gives it a new secret")]
    ClientTaken(String),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error(transparent)]
    Export(#[from] ExportError),
    #[error(transparent)]
    Move(#[from] MoveError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error("{0} cannot be used: {1}")]
    File(PathBuf, #[source] io::Error),
    #[error("unknown scope: use me, items, me:write, items:write and admin, separated by spaces")]
    Scope,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::Start(error.into())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Start(error.into())
    }
}

impl From<HashError> for Failure {
    fn from(error: HashError) -> Self {
        Self::Start(error.into())
    }
}
