//! Whether anything was written since: what makes it safe to remember a row.
//!
//! SQLite counts, for each connection, the commits of all others, in this process and in any other (`PRAGMA
//! data_version`). One connection that never writes is kept for asking. So one rule covers every writer, the
//! command-line tool and a hand-typed `UPDATE` included, and no write can forget to invalidate a cache. Requests that
//! ask at the same time share one answer, which makes the question cheap just when there are many.

use sqlx::SqliteConnection;
use tokio::sync::{mpsc, oneshot};

use super::StoreError;

/// A state of the database. Two equal ones have nothing written between them.
pub type Version = i64;

/// Asks for the database's version.
#[derive(Clone)]
pub struct Changes {
    ask: mpsc::Sender<Question>,
}

/// What the task that owns the connection is asked to do.
enum Question {
    Version(oneshot::Sender<Option<Version>>),
    Close(oneshot::Sender<()>),
}

impl Changes {
    /// Watches the database that `connection` is connected to. It must not be used to write.
    pub fn watch(connection: SqliteConnection) -> Self {
        let (ask, questions) = mpsc::channel(1024);
        tokio::spawn(answer(connection, questions));
        Self { ask }
    }

    /// The version now: at least as new as every commit that was acknowledged before the call.
    pub async fn version(&self) -> Result<Version, StoreError> {
        let closed = || StoreError::Unavailable(sqlx::Error::PoolClosed);
        let (reply, version) = oneshot::channel();
        self.ask.send(Question::Version(reply)).await.map_err(|_| closed())?;
        version.await.ok().flatten().ok_or_else(closed)
    }

    /// Closes the connection.
    pub async fn close(&self) {
        let (reply, closed) = oneshot::channel();
        if self.ask.send(Question::Close(reply)).await.is_ok() {
            // An error means that it was closed already.
            let _ = closed.await;
        }
    }
}

/// Answers until told to close, or nobody is left to ask. All who asked before a query began share its answer.
async fn answer(mut connection: SqliteConnection, mut questions: mpsc::Receiver<Question>) {
    let mut asked = Vec::new();
    while questions.recv_many(&mut asked, 1024).await > 0 {
        let version = sqlx::query_scalar::<_, Version>("PRAGMA data_version").fetch_one(&mut connection).await;
        if let Err(error) = &version {
            tracing::error!(%error, "the database's version cannot be read");
        }
        let version = version.ok();
        for question in asked.drain(..) {
            match question {
                Question::Version(reply) => {
                    // Who asked may have gone away meanwhile.
                    let _ = reply.send(version);
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
