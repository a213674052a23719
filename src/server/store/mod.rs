//! The database: SQLite through sqlx. Only this module contains SQL. The SQL is portable: ids and times come from the
//! caller. Rows are never sent to clients: the types on the wire are in `model`.

mod changes;
mod file;
mod items;
mod logins;
mod open;
mod users;
mod write;

use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};

use prometheus_client::metrics::counter::Counter;
use quick_cache::sync::Cache;
use sqlx::SqlitePool;

use self::{
    changes::{Changes, Version},
    file::DatabaseFile,
};

pub use self::{
    items::NewItem,
    open::{OpenError, path},
    users::{NewUser, UserInDb, UserRow},
};

/// How many users the cache can hold.
const CACHED_USERS: usize = 10_000;

/// A handle to the database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    /// Connections that read. They refuse to write.
    readers: SqlitePool,
    /// The one connection that writes: SQLite allows one write at a time.
    writer: SqlitePool,
    /// Whether the last write ended without a commit.
    last_write_failed: Arc<AtomicBool>,
    changes: Changes,
    file: DatabaseFile,
    /// The cache of users for recent tokens. Each user has the version of the database when it was read.
    users: Arc<Cache<String, (Version, UserRow)>>,
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
    /// Somebody else has this username or e-mail address.
    #[error("the username or e-mail address is taken")]
    Taken,
    /// The file at the configured path is no longer the open file.
    #[error("the database {0} was removed or replaced: put it back (a restart would create an empty one)")]
    Replaced(PathBuf),
    /// An error that several requests share.
    #[error(transparent)]
    Shared(Arc<Self>),
    /// The database refused or failed.
    #[error("database: {0}")]
    Unavailable(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.is_unique_violation() => Self::Taken,
            _ => Self::Unavailable(error),
        }
    }
}

impl Store {
    /// Checks that the file is in its place and can be read.
    ///
    /// # Errors
    /// [`StoreError::Replaced`], [`StoreError::Unavailable`].
    pub async fn check(&self) -> Result<(), StoreError> {
        self.file.check().await?;
        sqlx::query("SELECT 1 FROM users LIMIT 1").fetch_optional(&self.readers).await?;
        Ok(())
    }

    /// Writes one row, at the time `now` in Unix milliseconds. Only a write proves that the database can be written.
    ///
    /// # Errors
    /// [`StoreError::Replaced`], [`StoreError::Unavailable`].
    pub async fn prove_write(&self, now: i64) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        sqlx::query("UPDATE write_proofs SET proved_at = $1").bind(now).execute(&mut *write).await?;
        write.commit().await
    }

    /// Closes the database after the queries in progress. Later queries fail.
    pub async fn close(&self) {
        self.changes.close().await;
        self.readers.close().await;
        self.writer.close().await;
    }
}
