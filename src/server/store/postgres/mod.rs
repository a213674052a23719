//! PostgreSQL: what only this engine does.

pub mod connections;
mod open;

use std::time::Duration;

use self::connections::{Connections, Lent};
use super::{error::StoreError, lookups::Lookups};

/// How long the longest work of an operator may take: a copy, or an import.
pub const HOURS: Duration = Duration::from_secs(24 * 3600);

/// A PostgreSQL database.
pub struct Postgres {
    connections: Connections,
    /// The one that looks up the users of tokens. It is kept for that: otherwise changes that wait for each other would stop every
    /// request.
    of_tokens: Connections,
    is_newer: bool,
    pub(super) lookups: Lookups,
    /// Apart from those of tokens, so that no token waits for a query about keys.
    pub(super) key_lookups: Lookups,
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

    /// Begins a transaction that writes and may take hours. It begins with the statement `lock`, which waits for a few seconds
    /// at most.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn write_for_hours(&self, lock: &'static str) -> Result<Lent, StoreError> {
        let mut lent = self.write().await?;
        lent.run_simple(lock).await?;
        // LOCAL: the connection has its limits again when the transaction has ended.
        lent.run_simple("SET LOCAL statement_timeout = 0").await?;
        lent.run_simple("SET LOCAL idle_in_transaction_session_timeout = 0").await?;
        lent.set_patience(HOURS);
        Ok(lent)
    }

    /// Whether the tables are those of a newer version.
    pub fn is_newer(&self) -> bool {
        self.is_newer
    }

    /// How many connections may be open.
    pub fn connections(&self) -> u32 {
        self.connections.most() + self.of_tokens.most()
    }

    /// Closes the connections after the queries in progress.
    pub async fn close(&self) {
        self.lookups.close().await;
        self.key_lookups.close().await;
        self.of_tokens.close().await;
        self.connections.close().await;
    }
}
