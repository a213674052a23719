//! Tells whether anything was written since a row was read. This makes it safe to cache the row.
//!
//! For each connection, SQLite counts the commits of all other connections, in this process and in others
//! (`PRAGMA data_version`). One connection never writes and only reads this count. So the cache notices every writer,
//! including the command line and an `UPDATE` by hand. No write can forget to invalidate the cache. Requests that ask
//! at the same time share one answer, so many requests stay cheap.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sqlx::SqliteConnection;
use tokio::sync::{mpsc, oneshot};

use super::{DatabaseFile, StoreError};
use crate::server::clock;

/// The shortest time between two checks that the file is in its place.
const FILE_CHECK: Duration = Duration::from_secs(1);

/// A state of the database. If two versions are equal, nothing was written between them.
pub type Version = i64;

/// A handle that asks for the database's version.
#[derive(Clone)]
pub struct Changes {
    ask: mpsc::Sender<Question>,
}

/// A question to the task that owns the connection.
enum Question {
    Version(oneshot::Sender<Result<Version, Arc<StoreError>>>),
    Close(oneshot::Sender<()>),
}

impl Changes {
    /// Watches the database of `connection`, which is in `file`. The connection must not write.
    pub fn watch(connection: SqliteConnection, file: DatabaseFile) -> Self {
        let (ask, questions) = mpsc::channel(1024);
        tokio::spawn(answer(connection, file, questions));
        Self { ask }
    }

    /// The current version. It is at least as new as every commit that was acknowledged before the call.
    pub async fn version(&self) -> Result<Version, StoreError> {
        let closed = || StoreError::Unavailable(sqlx::Error::PoolClosed);
        let (reply, version) = oneshot::channel();
        self.ask.send(Question::Version(reply)).await.map_err(|_| closed())?;
        version.await.map_err(|_| closed())?.map_err(StoreError::Shared)
    }

    /// Closes the connection.
    pub async fn close(&self) {
        let (reply, closed) = oneshot::channel();
        if self.ask.send(Question::Close(reply)).await.is_ok() {
            // An error means that the connection was already closed.
            let _ = closed.await;
        }
    }
}

/// Answers questions until it is told to close, or until all senders are gone. All questions that came before a query
/// share its answer.
async fn answer(mut connection: SqliteConnection, file: DatabaseFile, mut questions: mpsc::Receiver<Question>) {
    let mut asked = Vec::new();
    let mut file_checked_at = clock::monotonic();
    while questions.recv_many(&mut asked, 1024).await > 0 {
        let version = read_version(&mut connection, &file, &mut file_checked_at).await.map_err(Arc::new);
        for question in asked.drain(..) {
            match question {
                Question::Version(reply) => {
                    // The request may have ended meanwhile.
                    let _ = reply.send(version.clone());
                }
                Question::Close(reply) => {
                    if let Err(error) = sqlx::Connection::close(connection).await {
                        tracing::warn!(%error, "the database could not be closed");
                    }
                    let _ = reply.send(());
                    return;
                }
            }
        }
    }
}

/// The database's version, unless its file was removed or replaced.
async fn read_version(
    connection: &mut SqliteConnection,
    file: &DatabaseFile,
    file_checked_at: &mut Instant,
) -> Result<Version, StoreError> {
    if file_checked_at.elapsed() >= FILE_CHECK {
        file.check().await?;
        *file_checked_at = clock::monotonic();
    }
    Ok(sqlx::query_scalar("PRAGMA data_version").fetch_one(connection).await?)
}
