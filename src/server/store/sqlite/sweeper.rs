//! Empties the write-ahead log after a deletion. The log still has the pages of before. It can be emptied only while nobody
//! reads an older state, so this tries again until it works.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};

use super::file::DatabaseFile;

/// The time between two attempts.
const PAUSE: Duration = Duration::from_secs(1);
/// How often it is tried before that is logged: an hour.
const ATTEMPTS: u32 = 3600;

/// Empties the log. Cheap to clone.
#[derive(Clone)]
pub struct Sweeper {
    /// A connection with these options never waits for a lock.
    options: SqliteConnectOptions,
    file: DatabaseFile,
    /// Whether attempts are under way.
    sweeps: Arc<AtomicBool>,
}

impl Sweeper {
    /// For the database that these options open, which is this file.
    pub fn new(options: SqliteConnectOptions, file: DatabaseFile) -> Self {
        Self { options, file, sweeps: Arc::default() }
    }

    /// Tries to empty the log now. If somebody reads or writes at this moment, a task tries again.
    pub async fn sweep(&self) {
        if self.try_to_sweep().await || self.sweeps.swap(true, Ordering::Relaxed) {
            return;
        }
        let sweeper = self.clone();
        tokio::spawn(async move {
            for _ in 0..ATTEMPTS {
                tokio::time::sleep(PAUSE).await;
                if sweeper.try_to_sweep().await {
                    sweeper.sweeps.store(false, Ordering::Relaxed);
                    return;
                }
            }
            sweeper.sweeps.store(false, Ordering::Relaxed);
            tracing::warn!("deleted data is still in the write-ahead log: some program has kept the database busy");
        });
    }

    /// Whether the log is empty now.
    async fn try_to_sweep(&self) -> bool {
        // A new connection must not be to another file.
        if self.file.check().await.is_err() {
            return false;
        }
        let Ok(mut connection) = self.options.connect().await else { return false };
        // The first column says whether somebody was in the way.
        let swept = sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut connection).await;
        // An error means that it is closed already.
        let _ = connection.close().await;
        matches!(swept, Ok(0_i64))
    }
}
