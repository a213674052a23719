//! Users: finding and creating them.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

use super::{
    actor::Actor,
    error::{StoreError, Unique},
    handle::Store,
    listing::search_text,
    rows::{AccountRow, NewUser, UserInDb, UserRow},
};

impl Store {
    /// The user of a token. Every request with a token asks for it, so it is cached until anything is written.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn user_behind_token(&self, username: &str) -> Result<Option<Arc<UserRow>>, StoreError> {
        self.file.check_each_second().await?;
        // Read before the row. A write in between makes the cached row look older than it is, which is safe.
        let state = self.wal_index.state();
        if let Some((of, user)) = self.users.get(username)
            && Some(of) == state
        {
            self.cache.hits.inc();
            return Ok(Some(user));
        }
        self.cache.misses.inc();
        let user = self.lookups.find(username).await?;
        if let (Some(state), Some(user)) = (state, &user) {
            self.users.insert(username.to_owned(), (state, Arc::clone(user)));
        }
        Ok(user)
    }

    /// The user with exactly this name, and the password's hash.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn find_user(&self, username: &str) -> Result<Option<UserInDb>, StoreError> {
        Ok(sqlx::query_as("SELECT * FROM users WHERE username = $1")
            .bind(username)
            .fetch_optional(&mut *self.readers.get().await?)
            .await?)
    }

    /// The account with exactly this username.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Unavailable`].
    pub async fn find_account(&self, username: &str) -> Result<AccountRow, StoreError> {
        sqlx::query_as("SELECT * FROM users WHERE username = $1")
            .bind(username)
            .fetch_optional(&mut *self.readers.get().await?)
            .await?
            .ok_or(StoreError::Missing)
    }

    /// Which of these values another user has already. The insertion decides; this spares a hash.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn taken(&self, username: &str, email: Option<&str>) -> Result<Option<Unique>, StoreError> {
        let mut reader = self.readers.get().await?;
        let named = "SELECT 1 FROM users WHERE lower(username) = $1";
        let found: Option<i64> =
            sqlx::query_scalar(named).bind(username.to_ascii_lowercase()).fetch_optional(&mut *reader).await?;
        if found.is_some() {
            return Ok(Some(Unique::Username));
        }
        let Some(email) = email else { return Ok(None) };
        let addressed = "SELECT 1 FROM users WHERE lower(email) = $1";
        let found: Option<i64> =
            sqlx::query_scalar(addressed).bind(email.to_ascii_lowercase()).fetch_optional(&mut *reader).await?;
        Ok(found.map(|_| Unique::Email))
    }

    /// Creates a user, if the actor may. Without an actor, it is a sign-up, or the operator. If the name was deleted before, its old tokens stay refused.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if a user has the username or the e-mail address. Upper and lower case count as equal.
    pub async fn insert_user(&self, user: &NewUser, actor: Option<&Actor>) -> Result<AccountRow, StoreError> {
        let mut write = self.write_for(actor).await?;
        let inserted = insert(&mut write, user).await;
        write.end(inserted).await
    }
}

/// Creates a user within a transaction.
///
/// # Errors
/// [`StoreError::Taken`].
pub(super) async fn insert(connection: &mut SqliteConnection, user: &NewUser) -> Result<AccountRow, StoreError> {
    let text = search_text([Some(&user.username), user.full_name.as_deref(), user.email.as_deref()]);
    Ok(sqlx::query_as(
        "INSERT INTO users (id, username, email, full_name, hashed_password, disabled, scopes, created_at, version, \
         search_text, tokens_valid_from) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, COALESCE((SELECT \
         CASE WHEN tokens_valid_from > $10 THEN tokens_valid_from ELSE $10 END FROM deleted_usernames \
         WHERE digest = $11), 0)) RETURNING *",
    )
    .bind(&user.id)
    .bind(&user.username)
    .bind(&user.email)
    .bind(&user.full_name)
    .bind(&user.hashed_password)
    .bind(user.disabled)
    .bind(user.scopes.to_string())
    .bind(user.created_at)
    .bind(text)
    .bind(valid_from(user.created_at))
    .bind(digest(&user.username))
    .fetch_one(connection)
    .await?)
}

/// From when on tokens are good, in Unix seconds, if a name is given away again at `created_at`, in Unix milliseconds. A token
/// of that second may be an old one.
pub(super) fn valid_from(created_at: i64) -> i64 {
    (created_at / 1000).saturating_add(1)
}

/// What is kept of a deleted name, so that the name itself is not: its SHA-256, in any case of letters.
pub(super) fn digest(username: &str) -> String {
    Sha256::digest(username.to_ascii_lowercase()).iter().map(|byte| format!("{byte:02x}")).collect()
}
