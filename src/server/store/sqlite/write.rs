//! Writing to SQLite: one transaction at a time, on the one connection that writes.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use sqlx::{Sqlite, SqliteConnection, pool::PoolConnection};

use super::{Sqlite as Engine, file::DatabaseFile};
use crate::server::store::error::StoreError;

/// A transaction that writes.
///
/// Drop guard: unless it is committed, its connection is closed. A full disk or an interrupted request can leave a
/// transaction open in SQLite. Its lock would then block every other write.
pub struct Write {
    connection: PoolConnection<Sqlite>,
    file: DatabaseFile,
    /// Whether the transaction has ended as it should.
    ended: bool,
    /// Set to true if this is dropped without a commit.
    failed: Arc<AtomicBool>,
}

impl Engine {
    /// Waits for this caller's turn, and begins a transaction that writes.
    ///
    /// # Errors
    /// [`StoreError::Replaced`], [`StoreError::Unavailable`].
    pub async fn write(&self) -> Result<Write, StoreError> {
        // Before a connection is opened: it must never open another file beside this one's write-ahead log.
        self.file.check().await?;
        let connection = self.writer.acquire().await?;
        let failed = Arc::clone(&self.last_write_failed);
        let mut write = Write { connection, file: self.file.clone(), ended: false, failed };
        if self.last_write_failed.swap(false, Ordering::Relaxed) {
            // On a full disk the write-ahead log cannot grow. A checkpoint moves its pages into the database. The log
            // then starts again from its beginning, and needs no more room. If the checkpoint fails too, the write
            // below tells.
            let _ = sqlx::query("PRAGMA wal_checkpoint").execute(&mut *write).await;
        }
        // Not deferred: SQLite cannot turn a reading transaction into a writing one if another process wrote meanwhile.
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *write).await?;
        Ok(write)
    }
}

impl Write {
    /// Commits the changes. They are on the disk when this returns.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing was changed then.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        // Again: the file may have been removed while this waited for its turn.
        self.file.check().await?;
        sqlx::query("COMMIT").execute(&mut *self).await?;
        self.ended = true;
        Ok(())
    }

    /// Ends without a change, on purpose.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn roll_back(mut self) -> Result<(), StoreError> {
        sqlx::query("ROLLBACK").execute(&mut *self).await?;
        self.ended = true;
        Ok(())
    }
}

impl Deref for Write {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        if !self.ended {
            self.failed.store(true, Ordering::Relaxed);
            self.connection.close_on_drop();
        }
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{Connection, Executor};

    use super::*;
    use crate::server::store::testing::{file_of, new_store};

    #[tokio::test]
    async fn a_write_that_is_cut_off_leaves_no_lock_behind_and_no_change() {
        let (folder, store) = new_store().await;
        for _ in 0..3 {
            let mut write = store.sqlite().write().await.expect("a write");
            write.execute("UPDATE write_proofs SET proved_at = 7").await.expect("one row");
            drop(write);
        }
        store.prove_write(8).await.expect("the next write");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file_of(&folder));
        let mut other = SqliteConnection::connect_with(&options.busy_timeout(std::time::Duration::ZERO))
            .await
            .expect("a connection");
        sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("no lock");
        let proved_at: i64 =
            sqlx::query_scalar("SELECT proved_at FROM write_proofs").fetch_one(&mut other).await.expect("one row");
        assert_eq!(proved_at, 8);
    }

    #[tokio::test]
    async fn a_write_whose_file_is_removed_meanwhile_is_not_acknowledged() {
        let (folder, store) = new_store().await;
        let write = store.write().await.expect("a write");
        std::fs::remove_file(file_of(&folder)).expect("a file");
        assert!(matches!(write.commit().await, Err(StoreError::Replaced(_))));
    }
}
