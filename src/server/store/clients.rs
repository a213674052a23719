//! Confidential clients. They are few, and the operator makes them.

use sqlx::FromRow;

use super::{
    connection::Connection,
    error::{StoreError, Unique},
    handle::Store,
    sql::Sql,
};
use crate::model::Scopes;

/// How many sessions of a client are ended at once.
const AT_ONCE: i64 = 1000;

/// A client that has proved who it is.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ClientRow {
    /// Its id: `client/NAME`.
    pub client_id: String,
    /// The version of its secret.
    pub version: String,
    /// What its own tokens may do.
    #[sqlx(try_from = "String")]
    pub scopes: Scopes,
}

/// A client, as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ListedClient {
    /// Its id.
    pub client_id: String,
    /// What its own tokens may do.
    #[sqlx(try_from = "String")]
    pub scopes: Scopes,
    /// When it was added, in Unix milliseconds.
    pub created_at: i64,
}

/// The secret of a client, as it is kept.
pub struct KeptSecret<'a> {
    /// Its digest. No secret fits `None`.
    pub digest: Option<&'a str>,
    /// Its version, which no other secret has.
    pub version: &'a str,
}

impl Store {
    /// Adds a client. `created_at` is in Unix milliseconds.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if there is one with this id, [`StoreError::Unavailable`].
    pub async fn insert_client(
        &self,
        client_id: &str,
        secret: &KeptSecret<'_>,
        scopes: Scopes,
        created_at: i64,
    ) -> Result<(), StoreError> {
        let insert = Sql::new(
            "INSERT INTO clients (client_id, secret, version, scopes, created_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (client_id) DO NOTHING",
        )
        .bind(client_id)
        .bind(secret.digest)
        .bind(secret.version)
        .bind(scopes.to_string())
        .bind(created_at);
        let mut write = self.write().await?;
        let inserted = write.connection().run(insert).await;
        write.end(inserted.and_then(|rows| if rows == 1 { Ok(()) } else { Err(StoreError::Taken(Unique::Id)) })).await
    }

    /// All clients, by their ids.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn clients(&self) -> Result<Vec<ListedClient>, StoreError> {
        let sql = Sql::new("SELECT client_id, scopes, created_at FROM clients ORDER BY client_id");
        self.read().await?.connection().all(sql).await
    }

    /// Puts another secret in the place of the present one. The client's tokens are refused from now on, and no session begins by
    /// the secret of before.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no such client, [`StoreError::Unavailable`].
    pub async fn change_client_secret(&self, client_id: &str, secret: &KeptSecret<'_>) -> Result<(), StoreError> {
        let update = Sql::new("UPDATE clients SET secret = $1, version = $2 WHERE client_id = $3");
        let update = update.bind(secret.digest).bind(secret.version).bind(client_id);
        self.change_client(update).await
    }

    /// Removes a client.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no such client, [`StoreError::Unavailable`].
    pub async fn delete_client(&self, client_id: &str) -> Result<(), StoreError> {
        self.change_client(Sql::new("DELETE FROM clients WHERE client_id = $1").bind(client_id)).await
    }

    async fn change_client(&self, change: Sql) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        let changed = write.connection().run(change).await;
        write.end(changed.and_then(|rows| if rows == 1 { Ok(()) } else { Err(StoreError::Missing) })).await
    }

    /// Ends some sessions that belong to a client. A session that is in use at this moment is left for the next time: so nobody waits
    /// for a lock while holding another. Returns whether there are more.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end_sessions_of_client(&self, client_id: &str) -> Result<bool, StoreError> {
        let mut write = self.write().await?;
        let mut connection = write.connection();
        let mut end = Sql::new(
            "DELETE FROM sessions WHERE session_id IN (SELECT session_id FROM sessions WHERE client_id = $1 LIMIT $2 + 0",
        )
        .bind(client_id)
        .bind(AT_ONCE);
        let on_postgres = matches!(connection, Connection::Postgres(_));
        end.push(if on_postgres { " FOR UPDATE SKIP LOCKED)" } else { ")" });
        connection.run(end).await?;
        let more = Sql::new("SELECT session_id FROM sessions WHERE client_id = $1 LIMIT 1").bind(client_id);
        let more = connection.optional::<(String,)>(more).await?.is_some();
        write.commit().await?;
        Ok(more)
    }

    /// The client with this id and the secret of this digest.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn client_with_secret(&self, client_id: &str, digest: &str) -> Result<Option<ClientRow>, StoreError> {
        let sql = Sql::new("SELECT client_id, version, scopes FROM clients WHERE client_id = $1 AND secret = $2");
        self.read().await?.connection().optional(sql.bind(client_id).bind(digest)).await
    }

    /// The client of a token of its own, unless the secret has another version by now, or the token with this digest was revoked.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn client_behind_token(
        &self,
        client_id: &str,
        version: &str,
        digest: &str,
    ) -> Result<Option<ClientRow>, StoreError> {
        let sql = Sql::new(
            "SELECT client_id, version, scopes FROM clients WHERE client_id = $1 AND version = $2 \
             AND NOT EXISTS (SELECT 1 FROM revoked_tokens WHERE digest = $3)",
        );
        self.read().await?.connection().optional(sql.bind(client_id).bind(version).bind(digest)).await
    }
}

/// Whether the client is still there, with the secret that it has proved itself by. Until this transaction ends, no other one changes
/// that.
pub(super) async fn is_still_there(connection: &mut Connection<'_>, client: &ClientRow) -> Result<bool, StoreError> {
    let mut look = Sql::new("SELECT client_id FROM clients WHERE client_id = $1 AND version = $2")
        .bind(&*client.client_id)
        .bind(&*client.version);
    if let Connection::Postgres(_) = connection {
        look.push(" FOR SHARE");
    }
    Ok(connection.optional::<(String,)>(look).await?.is_some())
}
