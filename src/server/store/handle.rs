//! The handle to the database, and what concerns it as a whole. Other files add what it can do.

use prometheus_client::metrics::counter::Counter;

use super::{
    engine::{Engine, Reader, Write},
    error::StoreError,
    sql::Sql,
};

/// A handle to the database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(super) engine: Engine,
    /// The hits and misses of the user cache.
    pub cache: CacheCounters,
}

/// The hits and misses of a cache.
#[derive(Clone, Debug, Default)]
pub struct CacheCounters {
    /// Lookups that the cache answered.
    pub hits: Counter,
    /// Lookups without an entry, or with an entry from before the last write.
    pub misses: Counter,
}

impl Store {
    /// How many connections this server may open, if several servers may use the database.
    pub fn shared_connections(&self) -> Option<u32> {
        match &self.engine {
            Engine::Sqlite(_) => None,
            Engine::Postgres(postgres) => Some(postgres.connections()),
        }
    }

    /// Waits for a connection that reads.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub(super) async fn read(&self) -> Result<Reader<'_>, StoreError> {
        Ok(match &self.engine {
            Engine::Sqlite(sqlite) => Reader::Sqlite(sqlite.read().await?),
            Engine::Postgres(postgres) => Reader::Postgres(postgres.lend().await?),
        })
    }

    /// Waits for this caller's turn, and begins a transaction that writes.
    ///
    /// # Errors
    /// [`StoreError::Replaced`], [`StoreError::Unavailable`].
    pub(super) async fn write(&self) -> Result<Write, StoreError> {
        Ok(match &self.engine {
            Engine::Sqlite(sqlite) => Write::Sqlite(sqlite.write().await?),
            Engine::Postgres(postgres) => Write::Postgres(postgres.write().await?),
        })
    }

    /// The same, for a transaction that may take hours, and in which nobody else writes. SQLite lets only one write anyway. On
    /// PostgreSQL the statement `lock` sees to it.
    ///
    /// # Errors
    /// [`StoreError::Replaced`], [`StoreError::Unavailable`].
    pub(super) async fn write_for_hours(&self, lock: &'static str) -> Result<Write, StoreError> {
        Ok(match &self.engine {
            Engine::Sqlite(sqlite) => Write::Sqlite(sqlite.write().await?),
            Engine::Postgres(postgres) => Write::Postgres(postgres.write_for_hours(lock).await?),
        })
    }

    /// Whether the tables are those of a newer version.
    pub(super) fn is_newer(&self) -> bool {
        match &self.engine {
            // It would not have been opened.
            Engine::Sqlite(_) => false,
            Engine::Postgres(postgres) => postgres.is_newer(),
        }
    }
}

impl Store {
    /// Checks that the database is in its place and can be read.
    ///
    /// # Errors
    /// [`StoreError::Replaced`], [`StoreError::Unavailable`].
    pub async fn check(&self) -> Result<(), StoreError> {
        if let Engine::Sqlite(sqlite) = &self.engine {
            sqlite.file.check().await?;
        }
        let any = Sql::new("SELECT id FROM users LIMIT 1");
        self.read().await?.connection().optional::<(String,)>(any).await?;
        Ok(())
    }

    /// Checks that a change is seen where the cache looks for it. Otherwise a user who is disabled would stay in the cache.
    /// Nothing of PostgreSQL is cached. There it checks only that the database can be written.
    ///
    /// # Errors
    /// [`StoreError::Unseen`], and those of [`Store::prove_write`].
    pub async fn check_that_changes_are_seen(&self, now: i64) -> Result<(), StoreError> {
        let Engine::Sqlite(sqlite) = &self.engine else { return self.prove_write(now).await };
        // Several times, as another process may be committing at this moment.
        for _ in 0..5 {
            let before = sqlite.wal_index.state();
            self.prove_write(now).await?;
            let after = sqlite.wal_index.state();
            if before.is_some() && after.is_some() && before != after {
                return Ok(());
            }
        }
        Err(StoreError::Unseen)
    }

    /// Writes one row, at the time `now` in Unix milliseconds. Only a write proves that the database can be written.
    ///
    /// # Errors
    /// [`StoreError::Replaced`], [`StoreError::Unavailable`].
    pub async fn prove_write(&self, now: i64) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        // Always another value: SQLite writes nothing if a row stays the same.
        let update = "UPDATE write_proofs SET proved_at = CASE WHEN proved_at = $1 THEN $1 + 1 ELSE $1 END";
        write.connection().run(Sql::new(update).bind(now)).await?;
        write.commit().await
    }

    /// Closes the database after the queries in progress. Later queries fail.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.close().await,
            Engine::Postgres(postgres) => postgres.close().await,
        }
    }

    /// The engine, for tests of what only SQLite does.
    #[cfg(test)]
    pub fn sqlite(&self) -> &super::sqlite::Sqlite {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite,
            Engine::Postgres(_) => unreachable!("a test of SQLite"),
        }
    }
}
