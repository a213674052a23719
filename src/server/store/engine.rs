//! The two engines, and what both lend: a connection that reads, and a transaction that writes.

use std::sync::Arc;

use super::{
    connection::Connection,
    error::StoreError,
    postgres::{Postgres, connections::Lent},
    sqlite::{self, Sqlite},
};

/// What keeps the rows. Cheap to clone.
#[derive(Clone)]
pub enum Engine {
    /// One file, one machine.
    Sqlite(Arc<Sqlite>),
    /// A server, for any number of machines.
    Postgres(Arc<Postgres>),
}

/// A connection that reads. Dropping it gives it back.
pub enum Reader<'a> {
    /// From SQLite.
    Sqlite(sqlite::Reader<'a>),
    /// From PostgreSQL.
    Postgres(Lent),
}

/// A transaction that writes. Unless it is committed, nothing of it is kept.
pub enum Write {
    /// To SQLite.
    Sqlite(sqlite::Write),
    /// To PostgreSQL.
    Postgres(Lent),
}

impl Reader<'_> {
    /// The connection.
    pub fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(reader) => Connection::Sqlite(reader),
            Self::Postgres(lent) => Connection::Postgres(lent),
        }
    }
}

impl Write {
    /// The connection, within the transaction.
    pub fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(write) => Connection::Sqlite(write),
            Self::Postgres(lent) => Connection::Postgres(lent),
        }
    }

    /// Commits the changes. They are on the disk when this returns.
    ///
    /// # Errors
    /// [`StoreError::Replaced`], [`StoreError::Unavailable`]: nothing was changed then. If PostgreSQL does not answer, it may
    /// have been changed.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(write) => write.commit().await,
            Self::Postgres(mut lent) => lent.end_transaction("COMMIT").await,
        }
    }

    /// Ends without a change, on purpose.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn roll_back(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(write) => write.roll_back().await,
            Self::Postgres(mut lent) => lent.end_transaction("ROLLBACK").await,
        }
    }

    /// Commits after `done`. If the database refused the caller's values, the transaction is rolled back, and the
    /// connection is kept.
    ///
    /// # Errors
    /// The error of `done`, and those of [`Write::commit`].
    pub async fn end<T>(self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        match done {
            Ok(value) => self.commit().await.map(|()| value),
            Err(refusal) if refusal.is_refusal() => {
                self.roll_back().await?;
                Err(refusal)
            }
            Err(error) => Err(error),
        }
    }
}
