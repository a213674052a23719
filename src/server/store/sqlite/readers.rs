//! The connections that read. They are opened at the start, and refuse to write.
//!
//! sqlx's pool is made for connections over a network, which break. It asks a connection whether it still works before
//! and after each query, and starts a task to take it back. A connection to a file does not break, and each of these is
//! as much work as a small query: another thread has to wake up.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::timeout,
};

use crate::server::store::error::StoreError;

/// How many connections read.
const CONNECTIONS: u32 = 4;
/// How long a query waits for a connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// A handle to the connections that read. Cheap to clone.
#[derive(Clone)]
pub struct Readers(Arc<Connections>);

struct Connections {
    idle: Mutex<Vec<SqliteConnection>>,
    /// One permit for each idle connection.
    permits: Semaphore,
}

/// A connection that is in use. Dropping the value gives the connection back.
pub struct Reader<'a> {
    connection: Option<SqliteConnection>,
    from: &'a Connections,
    _permit: SemaphorePermit<'a>,
}

impl Readers {
    /// Opens the connections.
    ///
    /// # Errors
    /// sqlx's error.
    pub async fn open(options: &SqliteConnectOptions) -> Result<Self, sqlx::Error> {
        let mut idle = Vec::new();
        for _ in 0..CONNECTIONS {
            idle.push(options.connect().await?);
        }
        Ok(Self(Arc::new(Connections { permits: Semaphore::new(idle.len()), idle: Mutex::new(idle) })))
    }

    /// Waits for a connection.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] after a time, and when the connections are closed.
    pub async fn get(&self) -> Result<Reader<'_>, StoreError> {
        let unavailable = StoreError::Unavailable;
        let permit = timeout(PATIENCE, self.0.permits.acquire()).await;
        let permit = permit.map_err(|_| unavailable(sqlx::Error::PoolTimedOut))?;
        let permit = permit.map_err(|_| unavailable(sqlx::Error::PoolClosed))?;
        let connection = self.0.idle().pop().ok_or_else(|| unavailable(sqlx::Error::PoolClosed))?;
        Ok(Reader { connection: Some(connection), from: &self.0, _permit: permit })
    }

    /// Closes the connections after the queries in progress.
    pub async fn close(&self) {
        // An error means that they are closed already.
        let _all = self.0.permits.acquire_many(CONNECTIONS).await;
        self.0.permits.close();
        let connections = std::mem::take(&mut *self.0.idle());
        for connection in connections {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "the database could not be closed");
            }
        }
    }
}

impl Connections {
    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deref for Reader<'_> {
    type Target = SqliteConnection;

    #[expect(clippy::expect_used, reason = "only dropping the reader takes its connection")]
    fn deref(&self) -> &SqliteConnection {
        self.connection.as_ref().expect("a connection")
    }
}

impl DerefMut for Reader<'_> {
    #[expect(clippy::expect_used, reason = "only dropping the reader takes its connection")]
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.connection.as_mut().expect("a connection")
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        // Before the permit is given back. A query that was cut off ends before the next one begins.
        self.from.idle().extend(self.connection.take());
    }
}

#[cfg(test)]
mod tests {
    use futures::{FutureExt, future::join_all};

    use super::*;

    async fn readers() -> Readers {
        Readers::open(&SqliteConnectOptions::new().filename(":memory:")).await.expect("databases in memory")
    }

    async fn one(readers: &Readers) -> i64 {
        let mut reader = readers.get().await.expect("a connection");
        sqlx::query_scalar("SELECT 1").fetch_one(&mut *reader).await.expect("a number")
    }

    #[tokio::test]
    async fn more_queries_than_connections_take_turns() {
        let readers = readers().await;
        assert_eq!(join_all((0..100).map(|_| one(&readers))).await, [1; 100]);
    }

    #[tokio::test]
    async fn a_query_that_is_cut_off_leaves_its_connection_usable() {
        let readers = readers().await;
        for _ in 0..20 {
            let mut reader = readers.get().await.expect("a connection");
            let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
            let query = sqlx::query(endless).fetch_all(&mut *reader);
            assert!(query.now_or_never().is_none(), "it has begun, and is dropped here");
        }
        assert_eq!(one(&readers).await, 1);
    }

    #[tokio::test]
    async fn closing_waits_for_the_queries_and_then_refuses() {
        let readers = readers().await;
        let reader = readers.get().await.expect("a connection");
        let closing = readers.close();
        let mut closing = std::pin::pin!(closing);
        assert!(closing.as_mut().now_or_never().is_none(), "a query is in progress");
        drop(reader);
        closing.await;
        assert!(matches!(readers.get().await, Err(StoreError::Unavailable(sqlx::Error::PoolClosed))));
        readers.close().await;
    }
}
