//! Users: finding and creating them.

use std::sync::Arc;

use super::{
    actor::Actor,
    connection::Connection,
    engine::Engine,
    error::{StoreError, Unique},
    handle::Store,
    known::KnownToken,
    listing::search_text,
    rows::{AccountRow, NewUser, UserInDb, UserRow, account_columns, user_columns, user_in_db_columns},
    sql::Sql,
};
use crate::server::digest::sha256;

impl Store {
    /// The user of a token, unless something has ended it. Every request with a token asks for it. With SQLite it is cached until
    /// anything is written. With PostgreSQL it is read each time: another server may have written.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn user_behind_token(&self, token: &KnownToken) -> Result<Option<Arc<UserRow>>, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => {
                self.remembered(sqlite, &sqlite.users, token, sqlite.lookups.find_user(token)).await
            }
            Engine::Postgres(postgres) => postgres.lookups.find_user(token).await,
        }
    }

    /// The user with exactly this name, and the password's hash.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn find_user(&self, username: &str) -> Result<Option<UserInDb>, StoreError> {
        let sql = Sql::new(concat!("SELECT ", user_in_db_columns!(), " FROM users WHERE username = $1")).bind(username);
        self.read().await?.connection().optional(sql).await
    }

    /// The account with exactly this username.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Unavailable`].
    pub async fn find_account(&self, username: &str) -> Result<AccountRow, StoreError> {
        let sql = Sql::new(concat!("SELECT ", account_columns!(), " FROM users WHERE username = $1")).bind(username);
        self.read().await?.connection().optional(sql).await?.ok_or(StoreError::Missing)
    }

    /// Which of these values another user has already. The insertion decides; this spares a hash.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn taken(&self, username: &str, email: Option<&str>) -> Result<Option<Unique>, StoreError> {
        let mut reader = self.read().await?;
        let named = Sql::new("SELECT id FROM users WHERE lower(username) = $1").bind(username.to_ascii_lowercase());
        if reader.connection().optional::<(String,)>(named).await?.is_some() {
            return Ok(Some(Unique::Username));
        }
        let Some(email) = email else { return Ok(None) };
        let addressed = Sql::new("SELECT id FROM users WHERE lower(email) = $1").bind(email.to_ascii_lowercase());
        Ok(reader.connection().optional::<(String,)>(addressed).await?.map(|_| Unique::Email))
    }

    /// Creates a user, if the actor may. Without an actor, it is a sign-up, or the operator. If the name was deleted before,
    /// its old tokens stay refused.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if a user has the username or the e-mail address. Upper and lower case count as equal.
    pub async fn insert_user(&self, user: &NewUser, actor: Option<&Actor>) -> Result<AccountRow, StoreError> {
        let mut write = self.write_for(actor).await?;
        let inserted = insert(write.connection(), user).await;
        write.end(inserted).await
    }
}

/// Creates a user within a transaction.
///
/// # Errors
/// [`StoreError::Taken`].
pub(super) async fn insert(mut connection: Connection<'_>, user: &NewUser) -> Result<AccountRow, StoreError> {
    let text = search_text([Some(&user.username), user.full_name.as_deref(), user.email.as_deref()]);
    let insert = concat!(
        "INSERT INTO users (id, username, email, full_name, hashed_password, disabled, scopes, created_at, version, \
         search_text, tokens_valid_from) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, 0) RETURNING ",
        account_columns!()
    );
    let sql = Sql::new(insert)
        .bind(&*user.id)
        .bind(&*user.username)
        .bind(user.email.as_deref())
        .bind(user.full_name.as_deref())
        .bind(&*user.hashed_password)
        .bind(user.disabled)
        .bind(user.scopes.to_string())
        .bind(user.created_at)
        .bind(text);
    let inserted = connection.one(sql).await?;
    // A statement of its own. The insertion waits for a transaction that is deleting the name at this moment, and on PostgreSQL
    // it would not see what that one has written.
    let old_tokens = concat!(
        "UPDATE users SET tokens_valid_from = (SELECT CASE WHEN tokens_valid_from > $1 THEN tokens_valid_from ELSE $1 END \
         FROM deleted_usernames WHERE digest = $2) \
         WHERE id = $3 AND EXISTS (SELECT 1 FROM deleted_usernames WHERE digest = $2) RETURNING ",
        account_columns!()
    );
    let sql = Sql::new(old_tokens).bind(valid_from(user.created_at)).bind(digest(&user.username)).bind(&*user.id);
    Ok(connection.optional(sql).await?.unwrap_or(inserted))
}

/// From when on tokens are good, in Unix seconds, if a name is given away again at `created_at`, in Unix milliseconds. A token
/// of that second may be an old one.
pub(super) fn valid_from(created_at: i64) -> i64 {
    (created_at / 1000).saturating_add(1)
}

/// What is kept of a deleted name, so that the name itself is not: its SHA-256, in any case of letters.
pub(super) fn digest(username: &str) -> String {
    sha256(&username.to_ascii_lowercase())
}
