//! The database: SQLite through sqlx, and the only place with SQL in it. The SQL is portable; ids and times come from
//! the caller. Rows stay on this side: what goes onto the wire is in `model`.

mod changes;
mod items;
mod logins;
mod open;
mod users;

use std::sync::Arc;

use prometheus_client::metrics::counter::Counter;
use quick_cache::sync::Cache;
use sqlx::SqlitePool;

use self::changes::{Changes, Version};

pub use self::{
    items::NewItem,
    open::{OpenError, path},
    users::{NewUser, UserInDb, UserRow},
};

/// How many users the cache remembers at most.
const CACHED_USERS: usize = 10_000;

/// A handle to the database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pool: SqlitePool,
    changes: Changes,
    /// The users behind the tokens seen lately, each with the version of the database it was read from.
    users: Arc<Cache<String, (Version, UserRow)>>,
    /// How often one of them was remembered.
    pub cache: CacheCounters,
}

/// How often what was asked for was remembered, and how often not.
#[derive(Clone, Debug, Default)]
pub struct CacheCounters {
    /// It was.
    pub hits: Counter,
    /// It was not, or something had been written since.
    pub misses: Counter,
}

/// What can go wrong with a query.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else has this username or e-mail address.
    #[error("the username or e-mail address is taken")]
    Taken,
    /// The database did not do what it was asked to.
    #[error("database: {0}")]
    Unavailable(#[source] sqlx::Error),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.is_unique_violation() => Self::Taken,
            _ => Self::Unavailable(error),
        }
    }
}

impl Store {
    /// Asks the database something that costs it nothing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1 FROM users LIMIT 1").fetch_optional(&self.pool).await?;
        Ok(())
    }

    /// Closes the database, once the queries in hand are done. Later ones fail.
    pub async fn close(&self) {
        self.changes.close().await;
        self.pool.close().await;
    }
}
