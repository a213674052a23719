//! The connections to PostgreSQL. A network breaks, and a server stops: so each connection that is lent has a deadline, and one
//! that was given up in the middle is closed.
//!
//! sqlx's pool asks a connection whether it still works each time that it is given back, and waits for the answer without a
//! limit. That is a second message for each query, and a connection that hangs would be missing from the pool.
//!
//! Transactions run side by side, at the level READ COMMITTED: a statement that changes a row waits for the transaction that
//! has just changed it, and looks at its condition again. What concerns several rows takes a lock first
//! ([`Connection::lock_administrators`](super::super::connection::Connection::lock_administrators)).

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sqlx::{ConnectOptions, Connection, Executor, PgConnection, postgres::PgConnectOptions, raw_sql};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, error::Elapsed, timeout, timeout_at},
};

use crate::server::store::error::StoreError;

/// A connection that was idle for longer is asked whether it still works, before it is lent.
const FRESH: Duration = Duration::from_secs(1);
/// How long it may take to answer that.
const ANSWERS_WITHIN: Duration = Duration::from_millis(500);

/// Where the connections come from. Cheap to clone.
#[derive(Clone)]
pub struct Connections(Arc<Pool>);

struct Pool {
    options: PgConnectOptions,
    idle: Mutex<Vec<Idle>>,
    /// One permit for each connection that may be open.
    permits: Arc<Semaphore>,
    most: u32,
    patience: Duration,
}

struct Idle {
    connection: PgConnection,
    since: Instant,
}

/// A connection that is lent. Drop guard: if a statement was not answered, or a transaction has not ended, the connection is
/// closed, and PostgreSQL takes the transaction back.
pub struct Lent {
    /// `None` once it is given back.
    connection: Option<PgConnection>,
    pool: Connections,
    _permit: OwnedSemaphorePermit,
    deadline: Instant,
    /// Whether a statement is under way.
    is_busy: bool,
    /// Whether a transaction is under way.
    is_in_transaction: bool,
}

impl Connections {
    /// At most `most` connections, which are opened when they are needed. A caller waits for `patience` at most, for a connection
    /// and for all answers on it.
    pub fn new(options: PgConnectOptions, most: u32, patience: Duration) -> Self {
        let permits = Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(usize::MAX)));
        Self(Arc::new(Pool { options, idle: Mutex::default(), permits, most, patience }))
    }

    /// Waits for a connection.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn lend(&self) -> Result<Lent, StoreError> {
        let deadline = Instant::now() + self.0.patience;
        let lend = async {
            let permit = Arc::clone(&self.0.permits).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
            let connection = match self.idle_one().await {
                Some(connection) => connection,
                None => self.connect().await?,
            };
            Ok((connection, permit))
        };
        let lent: Result<_, sqlx::Error> = timeout_at(deadline, lend).await.map_err(|_| gave_up())?;
        let (connection, permit) = lent?;
        Ok(Lent {
            connection: Some(connection),
            pool: self.clone(),
            _permit: permit,
            deadline,
            is_busy: false,
            is_in_transaction: false,
        })
    }

    /// A connection that is idle, and works.
    async fn idle_one(&self) -> Option<PgConnection> {
        let Idle { mut connection, since } = self.idle().pop()?;
        if since.elapsed() < FRESH || matches!(timeout(ANSWERS_WITHIN, connection.ping()).await, Ok(Ok(()))) {
            return Some(connection);
        }
        // PostgreSQL was restarted, or the network broke. The others are no better: they were idle for longer.
        self.idle().clear();
        None
    }

    /// A new connection. A standby is refused: it takes no write, and what it reads may be old.
    async fn connect(&self) -> Result<PgConnection, sqlx::Error> {
        let mut connection = self.0.options.connect().await?;
        if sqlx::query_scalar("SELECT pg_is_in_recovery()").fetch_one(&mut connection).await? {
            return Err(io::Error::other("this PostgreSQL is a standby: it takes no write").into());
        }
        Ok(connection)
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes the connections after the queries in progress, or after the time that a query may take.
    pub async fn close(&self) {
        let _all = timeout(self.0.patience, self.0.permits.acquire_many(self.0.most)).await;
        self.0.permits.close();
        let idle = std::mem::take(&mut *self.idle());
        for Idle { connection, .. } in idle {
            // An error means that PostgreSQL has closed it.
            let _ = timeout(ANSWERS_WITHIN, connection.close()).await;
        }
    }

    /// For how long a caller waits.
    pub fn patience(&self) -> Duration {
        self.0.patience
    }

    /// How many connections may be open.
    pub fn most(&self) -> u32 {
        self.0.most
    }
}

impl Lent {
    /// The connection, for a statement, and until when it has to be answered. [`Lent::ended`] follows.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] if the connection was closed.
    pub fn begin(&mut self) -> Result<(&mut PgConnection, Instant), StoreError> {
        self.is_busy = true;
        let connection = self.connection.as_mut().ok_or(StoreError::Unavailable(sqlx::Error::PoolClosed))?;
        Ok((connection, self.deadline))
    }

    /// What became of a statement.
    ///
    /// # Errors
    /// Its error, or [`StoreError::Unavailable`] if PostgreSQL did not answer in time.
    pub fn ended<T>(&mut self, answer: Result<Result<T, sqlx::Error>, Elapsed>) -> Result<T, StoreError> {
        let answer = answer.map_err(|_| gave_up())?;
        if answer.as_ref().is_err_and(breaks_the_connection) {
            // PostgreSQL was restarted, or the network broke. Those that are idle are no better: the next attempt makes a new one.
            self.pool.idle().clear();
        } else {
            self.is_busy = false;
        }
        Ok(answer?)
    }

    /// Begins a transaction with this statement.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn begin_transaction(&mut self, begin: &'static str) -> Result<(), StoreError> {
        self.run_simple(begin).await?;
        self.is_in_transaction = true;
        Ok(())
    }

    /// Ends the transaction with `COMMIT` or `ROLLBACK`. What is committed is on the disk when this returns, and on that of
    /// the standby if PostgreSQL is set up so.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]. If PostgreSQL did not answer, it may have committed.
    pub async fn end_transaction(&mut self, end: &'static str) -> Result<(), StoreError> {
        self.run_simple(end).await?;
        self.is_in_transaction = false;
        Ok(())
    }

    /// Runs a statement that has no values and no answer.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn run_simple(&mut self, statement: &'static str) -> Result<(), StoreError> {
        let (connection, deadline) = self.begin()?;
        let done = timeout_at(deadline, connection.execute(raw_sql(statement))).await;
        self.ended(done)?;
        Ok(())
    }

    /// Has the connection closed when it is given back.
    pub fn close_on_drop(&mut self) {
        self.is_in_transaction = true;
    }

    /// Sets the deadline anew: this long from now on.
    pub fn set_patience(&mut self, patience: Duration) {
        self.deadline = Instant::now() + patience;
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        // Dropping a connection closes it.
        if !self.is_busy && !self.is_in_transaction && !self.pool.0.permits.is_closed() {
            self.pool.idle().push(Idle { connection, since: Instant::now() });
        }
    }
}

/// Whether a connection is of no more use after this error.
fn breaks_the_connection(error: &sqlx::Error) -> bool {
    match error {
        // Class 57: the server stops, or the connection was ended. 25006: it has become a standby, which takes no writes.
        sqlx::Error::Database(database) => {
            database.code().is_some_and(|code| code.starts_with("57P") || code == "25006")
        }
        sqlx::Error::RowNotFound | sqlx::Error::ColumnDecode { .. } => false,
        _ => true,
    }
}

fn gave_up() -> StoreError {
    let late = io::Error::new(io::ErrorKind::TimedOut, "PostgreSQL did not answer in time");
    StoreError::Unavailable(late.into())
}
