//! PostgreSQL: what only this engine does.

pub mod connections;
mod open;

use self::connections::{Connections, Lent};
use super::{error::StoreError, lookups::Lookups};

/// A PostgreSQL database.
pub struct Postgres {
    connections: Connections,
    pub(super) lookups: Lookups,
}

impl Postgres {
    /// Waits for a connection.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn lend(&self) -> Result<Lent, StoreError> {
        self.connections.lend().await
    }

    /// Begins a transaction that writes.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn write(&self) -> Result<Lent, StoreError> {
        let mut lent = self.lend().await?;
        // Whatever the default of the database is.
        lent.begin_transaction("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await?;
        Ok(lent)
    }

    /// How many connections may be open.
    pub fn connections(&self) -> u32 {
        self.connections.most()
    }

    /// Closes the connections after the queries in progress.
    pub async fn close(&self) {
        self.lookups.close().await;
        self.connections.close().await;
    }
}
