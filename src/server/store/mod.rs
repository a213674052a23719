//! The database: SQLite through sqlx. Only this module contains SQL. The SQL is portable: ids and times come from the
//! caller. Rows are never sent to clients: the types on the wire are in `model`.

mod actor;
mod condition;
mod file;
mod import;
mod items;
mod listing;
mod logins;
mod lookups;
mod open;
mod readers;
mod search_texts;
mod sweeper;
mod user_changes;
mod user_lists;
mod users;
mod wal_index;
mod write;

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};

use prometheus_client::metrics::counter::Counter;
use quick_cache::sync::Cache;
use sqlx::SqlitePool;

use self::{
    file::DatabaseFile,
    lookups::Lookups,
    readers::Readers,
    sweeper::Sweeper,
    wal_index::{DatabaseState, WalIndex},
};

pub use self::{
    actor::{Actor, NotAllowed},
    condition::Condition,
    import::{Conflict, Import, Imported},
    items::{ItemChange, ItemRow, NewItem, Place},
    listing::{Listed, Listing},
    logins::Credentials,
    open::{OpenError, path},
    user_changes::{NewHash, UserChange},
    users::{AccountRow, NewUser, UserInDb, UserRow},
};

/// How many users the cache can hold.
const CACHED_USERS: usize = 10_000;

/// A handle to the database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    readers: Readers,
    /// The one connection that writes: SQLite allows one write at a time.
    writer: SqlitePool,
    /// Whether the last write ended without a commit.
    last_write_failed: Arc<AtomicBool>,
    sweeper: Sweeper,
    file: DatabaseFile,
    wal_index: WalIndex,
    lookups: Lookups,
    /// The cache of users for recent tokens. Each user has the state of the database when it was read.
    users: Arc<Cache<String, (DatabaseState, Arc<UserRow>)>>,
    /// The hits and misses of the user cache.
    pub cache: CacheCounters,
}

/// The hits and misses of a cache.
#[derive(Clone, Debug, Default)]
pub struct CacheCounters {
    /// Lookups that the cache answered.
    pub hits: Counter,
    /// Lookups without an entry, or with an entry from before the last write.
    pub misses: Counter,
}

/// What can go wrong with a query.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another row has this value already.
    #[error("the {0} is taken")]
    Taken(Unique),
    /// There is no such row.
    #[error("there is no such user or item")]
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
    #[error("database: {0}")]
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

impl StoreError {
    /// Whether the database refused the caller's values: nothing is wrong with the database then.
    fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::Taken(_)
                | Self::Missing
                | Self::NotAllowed(_)
                | Self::Outdated
                | Self::PasswordChanged
                | Self::LastAdministrator
        )
    }
}

impl Store {
    /// Checks that the file is in its place and can be read.
    ///
    /// # Errors
    /// [`StoreError::Replaced`], [`StoreError::Unavailable`].
    pub async fn check(&self) -> Result<(), StoreError> {
        self.file.check().await?;
        sqlx::query("SELECT 1 FROM users LIMIT 1").fetch_optional(&mut *self.readers.get().await?).await?;
        Ok(())
    }

    /// Checks that a change is seen where the cache looks for it. Otherwise a user who is disabled would stay in the cache.
    ///
    /// # Errors
    /// [`StoreError::Unseen`], and those of [`Store::prove_write`].
    pub async fn check_that_changes_are_seen(&self, now: i64) -> Result<(), StoreError> {
        // Several times, as another process may be committing at this moment.
        for _ in 0..5 {
            let before = self.wal_index.state();
            self.prove_write(now).await?;
            let after = self.wal_index.state();
            if before.is_some() && after.is_some() && before != after {
                return Ok(());
            }
        }
        Err(StoreError::Unseen)
    }

    /// Writes one row, at the time `now` in Unix milliseconds. Only a write proves that the database can be written.
    ///
    /// # Errors
    /// [`StoreError::Replaced`], [`StoreError::Unavailable`].
    pub async fn prove_write(&self, now: i64) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        // Always another value: SQLite writes nothing if a row stays the same.
        let update = "UPDATE write_proofs SET proved_at = CASE WHEN proved_at = $1 THEN $1 + 1 ELSE $1 END";
        sqlx::query(update).bind(now).execute(&mut *write).await?;
        write.commit().await
    }

    /// Closes the database after the queries in progress. Later queries fail.
    pub async fn close(&self) {
        self.lookups.close().await;
        self.readers.close().await;
        self.writer.close().await;
    }
}
