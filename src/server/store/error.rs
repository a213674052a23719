//! What can go wrong with the database, and what it refuses.

use std::{fmt, path::PathBuf, sync::Arc};

use sqlx::postgres::PgDatabaseError;

use crate::model::Scopes;

/// What can go wrong with a query.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another row has this value already.
    #[error("the {0} is taken")]
    Taken(Unique),
    /// There is no such row.
    #[error("there is no such user, item, session, key or client")]
    Missing,
    /// The row has another version by now.
    #[error("it was changed meanwhile")]
    Outdated,
    /// Who makes the change may not make it any more.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The user's password was changed meanwhile.
    #[error("the password was changed meanwhile")]
    PasswordChanged,
    /// The change would leave no administrator who is enabled.
    #[error("this is the last administrator who is not disabled: grant the scope admin to another user first")]
    LastAdministrator,
    /// The user has as many API keys as there can be.
    #[error("the user has as many API keys as there can be")]
    TooManyKeys,
    /// The file at the configured path is no longer the open file.
    #[error("the database {0} was removed or replaced: put it back (a restart would create an empty one)")]
    Replaced(PathBuf),
    /// The write-ahead log's index does not show a change.
    #[error("changes of the database are not noticed: put its file on a local disk")]
    Unseen,
    /// An error that several requests share.
    #[error(transparent)]
    Shared(Arc<Self>),
    /// The database refused or failed.
    #[error("database: {}", reason(.0))]
    Unavailable(#[source] sqlx::Error),
}

/// A value that only one row can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unique {
    /// A username, in any case of letters.
    Username,
    /// An e-mail address, in any case of letters.
    Email,
    /// An id.
    Id,
}

impl fmt::Display for Unique {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Username => "username",
            Self::Email => "e-mail address",
            Self::Id => "id",
        })
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.is_unique_violation() => {
                // SQLite names the column or the index in its message, and nowhere else.
                let names = |word: &str| database.message().contains(word);
                Self::Taken(if names("username") {
                    Unique::Username
                } else if names("email") {
                    Unique::Email
                } else {
                    Unique::Id
                })
            }
            // The user to whom the row would belong is gone.
            sqlx::Error::Database(database) if database.is_foreign_key_violation() => Self::Missing,
            _ => Self::Unavailable(error),
        }
    }
}

/// What a database says of an error. For PostgreSQL, sqlx adds the line of its source code, which helps nobody here.
pub(super) fn reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) if database.try_downcast_ref::<PgDatabaseError>().is_some() => {
            database.message().to_owned()
        }
        error => error.to_string(),
    }
}

impl StoreError {
    /// There was no answer in time.
    pub fn timed_out() -> Self {
        Self::Unavailable(sqlx::Error::PoolTimedOut)
    }

    /// Whether the database refused the caller's values: nothing is wrong with the database then.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Taken(_)
                | Self::Missing
                | Self::NotAllowed(_)
                | Self::Outdated
                | Self::PasswordChanged
                | Self::LastAdministrator
                | Self::TooManyKeys
        )
    }
}

/// Why an actor may not make a change any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// The user is gone, or has another password, or the session has ended.
    #[error("the user who makes the change is gone or has another password, or the session has ended")]
    Gone,
    /// The API key has ended.
    #[error("the API key that makes the change has ended")]
    KeyEnded,
    /// The confidential client is gone, or has another secret.
    #[error("the client that makes the change is gone or has another secret")]
    OtherSecret,
    /// The user is disabled.
    #[error("the user who makes the change is disabled")]
    Disabled,
    /// The user has lost a scope.
    #[error("the user who makes the change has lost a scope")]
    Lacks(Scopes),
}
