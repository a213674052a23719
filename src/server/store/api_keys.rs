//! API keys: how they are made, listed, found, used and ended.

use std::sync::Arc;

use sqlx::FromRow;

use super::{
    actor::Actor, connection::Connection, engine::Engine, error::StoreError, handle::Store, known::KeyWithUser,
    sql::Sql,
};
use crate::model::Scopes;

/// How many keys a user can have.
const MOST: i64 = 100;
/// How many uses one statement writes.
const USES_AT_ONCE: usize = 500;

/// A key to be made. Times are in Unix milliseconds.
pub struct NewKey<'a> {
    /// UUID v7.
    pub key_id: &'a str,
    /// The id of its user.
    pub user_id: &'a str,
    /// The digest of the key.
    pub digest: &'a str,
    /// What its user calls it.
    pub name: &'a str,
    /// What it opens at most.
    pub granted: Scopes,
    /// Now.
    pub created_at: i64,
    /// When it ends by itself.
    pub expires_at: Option<i64>,
}

/// A key, as its user sees it. Times are in Unix milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct KeyRow {
    /// UUID v7.
    pub key_id: String,
    /// What its user calls it.
    pub name: String,
    /// What it opens at most.
    #[sqlx(try_from = "String")]
    pub granted: Scopes,
    /// When it was made.
    pub created_at: i64,
    /// When it was last used, to the minute.
    pub last_used_at: Option<i64>,
    /// When it ends by itself.
    pub expires_at: Option<i64>,
}

impl Store {
    /// Makes a key, if the actor may and does not have too many.
    ///
    /// # Errors
    /// [`StoreError::TooManyKeys`], [`StoreError::NotAllowed`], [`StoreError::Unavailable`].
    pub async fn insert_api_key(&self, key: &NewKey<'_>, actor: &Actor) -> Result<KeyRow, StoreError> {
        // It locks the user's row, so no other key comes at this moment.
        let mut write = self.write_for(Some(actor)).await?;
        let sql = Sql::new(
            "INSERT INTO api_keys (key_id, user_id, digest, name, granted, created_at, expires_at) \
             SELECT $1, $2, $3, $4, $5, $6, $7 WHERE (SELECT COUNT(*) FROM api_keys WHERE user_id = $2 \
             AND (expires_at IS NULL OR expires_at > $6)) < $8 \
             RETURNING key_id, name, granted, created_at, last_used_at, expires_at",
        )
        .bind(key.key_id)
        .bind(key.user_id)
        .bind(key.digest)
        .bind(key.name)
        .bind(key.granted.to_string())
        .bind(key.created_at)
        .bind(key.expires_at)
        .bind(MOST);
        let made = write.connection().optional(sql).await;
        write.end(made.and_then(|made| made.ok_or(StoreError::TooManyKeys))).await
    }

    /// The keys of a user that are good at `now`, in Unix milliseconds, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn api_keys_of(&self, user_id: &str, now: i64) -> Result<Vec<KeyRow>, StoreError> {
        let sql = Sql::new(
            "SELECT key_id, name, granted, created_at, last_used_at, expires_at FROM api_keys WHERE user_id = $1 \
             AND (expires_at IS NULL OR expires_at > $2) ORDER BY created_at DESC, key_id DESC",
        );
        self.read().await?.connection().all(sql.bind(user_id).bind(now)).await
    }

    /// The key with this digest, and its user. Its time may be over. Every request with a key asks for it. It is remembered as the
    /// users of tokens are.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn user_behind_key(&self, digest: String) -> Result<Option<Arc<KeyWithUser>>, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => {
                self.remembered(sqlite, &sqlite.keys, &digest, sqlite.lookups.find_key(&digest)).await
            }
            Engine::Postgres(postgres) => postgres.key_lookups.find_key(&digest).await,
        }
    }

    /// Ends a key of this user.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if the user has no such key, [`StoreError::NotAllowed`], [`StoreError::Unavailable`].
    pub async fn end_api_key(&self, user_id: &str, key_id: &str, actor: &Actor) -> Result<(), StoreError> {
        let mut write = self.write_for(Some(actor)).await?;
        let sql = Sql::new("DELETE FROM api_keys WHERE key_id = $1 AND user_id = $2 RETURNING key_id");
        let ended = write.connection().optional::<(String,)>(sql.bind(key_id).bind(user_id)).await;
        write.end(ended.and_then(|ended| ended.map(drop).ok_or(StoreError::Missing))).await
    }

    /// Writes when keys were used: their ids, and the times in Unix milliseconds. A key keeps the time that is written, unless a use is
    /// `precision` milliseconds later. So a server that writes late does not set it back. A written time that is so far after `now` comes
    /// from a clock that was set back since, and is replaced.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn write_key_uses(&self, uses: &[(String, i64)], precision: i64, now: i64) -> Result<(), StoreError> {
        for some in uses.chunks(USES_AT_ONCE) {
            let mut write = self.write().await?;
            let mut connection = write.connection();
            let sql = uses_statement(some, precision, now, matches!(connection, Connection::Postgres(_)));
            connection.run(sql).await?;
            write.commit().await?;
        }
        Ok(())
    }
}

/// The statement that writes these uses.
fn uses_statement(uses: &[(String, i64)], precision: i64, now: i64, on_postgres: bool) -> Sql {
    let mut sql = Sql::new(
        "UPDATE api_keys SET last_used_at = used_at FROM (SELECT key_id AS id, column2 AS used_at FROM (VALUES ",
    );
    for (position, (key_id, used_at)) in uses.iter().enumerate() {
        sql.push(if position == 0 { "(" } else { ", (" })
            .push_value(&**key_id)
            .push(", ")
            .push_value(*used_at)
            .push(")");
    }
    // Both engines name the columns of VALUES so.
    sql.push(") AS uses JOIN api_keys ON key_id = column1 WHERE last_used_at IS NULL OR column2 - last_used_at >= ")
        .push_value(precision)
        .push(" OR last_used_at - ")
        .push_value(now)
        .push(" >= ")
        .push_value(precision);
    if on_postgres {
        // Another server is writing a use of the same key, or the key is being ended. Whoever waited could be waited for, too.
        sql.push(" FOR NO KEY UPDATE OF api_keys SKIP LOCKED");
    }
    sql.push(") AS due WHERE key_id = id");
    // The number of values differs each time.
    sql.plan_anew();
    sql
}
