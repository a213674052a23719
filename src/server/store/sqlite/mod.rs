//! SQLite: what only this engine does. The database is one file, and one connection writes.

mod backup;
mod file;
mod open;
mod readers;
mod sweeper;
mod wal_index;
mod write;

use std::sync::{Arc, atomic::AtomicBool};

use quick_cache::sync::Cache;
use sqlx::SqlitePool;

pub use self::{
    backup::{BackedUp, BackupError, back_up},
    open::path,
    readers::Reader,
    wal_index::DatabaseState,
    write::Write,
};
use self::{file::DatabaseFile, readers::Readers, sweeper::Sweeper, wal_index::WalIndex};
use super::{
    error::StoreError,
    known::{KeyWithUser, KnownToken},
    lookups::Lookups,
    rows::UserRow,
};

/// How many users the cache can hold, and how many keys.
const CACHED: usize = 10_000;

/// An SQLite database.
pub struct Sqlite {
    readers: Readers,
    /// The one connection that writes: SQLite allows one write at a time.
    pub(super) writer: SqlitePool,
    /// Whether the last write ended without a commit.
    last_write_failed: Arc<AtomicBool>,
    sweeper: Sweeper,
    pub(super) file: DatabaseFile,
    pub(super) wal_index: WalIndex,
    pub(super) lookups: Lookups,
    /// The cache of users for recent tokens. Each user has the state of the database when it was read.
    pub(super) users: Cache<KnownToken, (DatabaseState, Arc<UserRow>)>,
    /// The same for recent API keys, by their digests.
    pub(super) keys: Cache<String, (DatabaseState, Arc<KeyWithUser>)>,
}

impl Sqlite {
    /// Waits for a connection that reads.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn read(&self) -> Result<Reader<'_>, StoreError> {
        self.readers.get().await
    }

    /// Takes what was deleted out of the write-ahead log.
    pub async fn sweep(&self) {
        self.sweeper.sweep().await;
    }

    /// Closes the database after the queries in progress.
    pub async fn close(&self) {
        self.lookups.close().await;
        self.readers.close().await;
        self.writer.close().await;
    }
}
