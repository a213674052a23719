//! The database: SQLite through sqlx, and the only place with SQL in it. The SQL is portable; ids and times come from
//! the caller. Rows stay on this side: what goes onto the wire is in `model`.

mod changes;
mod items;
mod logins;
mod open;
mod users;

use std::sync::Arc;

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
    /// Closes the database, once the queries in hand are done. Later ones fail.
    pub async fn close(&self) {
        self.changes.close().await;
        self.pool.close().await;
    }
}
