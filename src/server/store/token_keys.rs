//! The keys that sign and check tokens, where several servers share them. A file of SQLite belongs to one server, and the keys are
//! beside it: see `server::keys`.

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::{
    engine::{Engine, Write},
    error::StoreError,
    handle::Store,
    sql::Sql,
    token_key::{self, SharedKey},
};
use crate::server::settings::Algorithm;

/// A key as it is kept.
#[derive(Clone, PartialEq, Eq, FromRow, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptKey {
    /// The key's id, which tokens name.
    pub kid: String,
    /// The name of the one algorithm that it is for.
    pub algorithm: String,
    /// What signs.
    pub secret: String,
    /// From when on it signs, in Unix seconds. Of several keys the latest one signs.
    pub signs_from: i64,
    /// Until when tokens that it signed are good, in Unix seconds. `None` if no other key was made after it.
    pub verifies_until: Option<i64>,
}

impl KeptKey {
    /// Whether it is a secret, and as the first start makes it. If it is alone, it is kept in the way of the versions that knew no
    /// other keys.
    pub fn is_first_secret(&self) -> bool {
        self.algorithm == Algorithm::Hs256.name() && self.signs_from == 0 && self.verifies_until.is_none()
    }
}

/// The keys, while nobody else can change them. Unless something is committed, nothing is changed.
pub struct LockedKeys {
    write: Write,
    /// The keys.
    pub keys: Vec<KeptKey>,
    /// The key that all servers share from the first start on, if there is one.
    pub shared: Option<SharedKey>,
}

const READ: &str = "SELECT kid, algorithm, secret, signs_from, verifies_until FROM token_keys ORDER BY signs_from, kid";

impl Store {
    /// The keys that are kept in the database. SQLite has none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn kept_keys(&self) -> Result<Vec<KeptKey>, StoreError> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(Vec::new()),
            Engine::Postgres(_) => self.read().await?.connection().all(Sql::new(READ)).await,
        }
    }

    /// Waits until nobody else changes the keys, and reads them. Only for PostgreSQL.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn lock_keys(&self) -> Result<LockedKeys, StoreError> {
        let mut write = self.write().await?;
        let mut connection = write.connection();
        connection.run(Sql::new("LOCK TABLE token_key, token_keys IN SHARE ROW EXCLUSIVE MODE")).await?;
        let keys = connection.all(Sql::new(READ)).await?;
        let shared = token_key::kept(connection).await?;
        Ok(LockedKeys { write, keys, shared })
    }
}

impl LockedKeys {
    /// Keeps these keys instead.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn replace(mut self, keys: &[KeptKey]) -> Result<(), StoreError> {
        self.write.connection().run(Sql::new("DELETE FROM token_keys")).await?;
        insert(&mut self.write, keys).await?;
        self.write.commit().await
    }

    /// Puts another secret in the place of the one that all servers share from the first start on. It is kept with [`Self::replace`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn replace_shared(&mut self, secret: &str) -> Result<(), StoreError> {
        token_key::replace(self.write.connection(), Some(secret), secret).await
    }

    /// Leaves the keys as they are.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn leave(self) -> Result<(), StoreError> {
        self.write.roll_back().await
    }
}

/// Adds these keys, within a transaction.
pub(super) async fn insert(write: &mut Write, keys: &[KeptKey]) -> Result<(), StoreError> {
    let insert =
        "INSERT INTO token_keys (kid, algorithm, secret, signs_from, verifies_until) VALUES ($1, $2, $3, $4, $5)";
    for KeptKey { kid, algorithm, secret, signs_from, verifies_until } in keys {
        let insert = Sql::new(insert).bind(&**kid).bind(&**algorithm).bind(&**secret);
        write.connection().run(insert.bind(*signs_from).bind(*verifies_until)).await?;
    }
    Ok(())
}
