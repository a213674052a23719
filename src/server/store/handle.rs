//! The handle to the database, and what concerns it as a whole. Other files add what it can do.

use std::sync::{Arc, atomic::AtomicBool};

use prometheus_client::metrics::counter::Counter;
use quick_cache::sync::Cache;
use sqlx::SqlitePool;

use super::{
    error::StoreError,
    file::DatabaseFile,
    lookups::Lookups,
    readers::Readers,
    rows::UserRow,
    sweeper::Sweeper,
    wal_index::{DatabaseState, WalIndex},
};

/// How many users the cache can hold.
pub(super) const CACHED_USERS: usize = 10_000;

/// A handle to the database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(super) readers: Readers,
    /// The one connection that writes: SQLite allows one write at a time.
    pub(super) writer: SqlitePool,
    /// Whether the last write ended without a commit.
    pub(super) last_write_failed: Arc<AtomicBool>,
    pub(super) sweeper: Sweeper,
    pub(super) file: DatabaseFile,
    pub(super) wal_index: WalIndex,
    pub(super) lookups: Lookups,
    /// The cache of users for recent tokens. Each user has the state of the database when it was read.
    pub(super) users: Arc<Cache<String, (DatabaseState, Arc<UserRow>)>>,
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
