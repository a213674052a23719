//! Users: rows and queries.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use sqlx::{FromRow, SqliteConnection};

use super::{Actor, Store, StoreError, Unique, listing::search_text};
use crate::{
    model::{Account, Scopes, User},
    server::clock::rfc_3339,
};

/// A user, without the password's hash.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct UserRow {
    /// UUID v7.
    pub id: String,
    /// The name the user logs in with.
    pub username: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The full name.
    pub full_name: Option<String>,
    /// Whether the account is disabled.
    pub disabled: bool,
    /// What the user may do.
    #[sqlx(try_from = "String")]
    pub scopes: Scopes,
    /// Tokens issued before this time are refused, in Unix seconds. Each password of a user has a different value, so
    /// the value is also the password's version.
    pub tokens_valid_from: i64,
    /// It grows with each change of what is sent of the user: the ETag. A login does not change it.
    pub version: i64,
}

/// A user, and what an administrator sees besides.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct AccountRow {
    /// The user.
    #[sqlx(flatten)]
    pub user: UserRow,
    /// The time of creation, in Unix milliseconds.
    pub created_at: i64,
    /// The time of the last login, in Unix milliseconds.
    pub last_login_at: Option<i64>,
}

/// A user with the password's hash (the tutorial's `UserInDB`). There is no `Debug`: no log line can show the hash.
#[derive(FromRow)]
pub struct UserInDb {
    /// The user.
    #[sqlx(flatten)]
    pub user: UserRow,
    /// The hash: a PHC string, or a bcrypt hash that came from elsewhere.
    pub hashed_password: String,
    /// Failed logins since the last successful one. A login counts as failed until its password is checked.
    pub failed_logins: i64,
}

/// A user to be created.
pub struct NewUser {
    /// UUID v7.
    pub id: String,
    /// The name to log in with.
    pub username: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// The full name.
    pub full_name: Option<String>,
    /// The hash: a PHC string, or a bcrypt hash that came from elsewhere.
    pub hashed_password: String,
    /// Whether the account starts disabled.
    pub disabled: bool,
    /// What the user may do.
    pub scopes: Scopes,
    /// The time of creation, in Unix milliseconds.
    pub created_at: i64,
}

impl From<&UserRow> for User {
    fn from(row: &UserRow) -> Self {
        let UserRow { username, email, full_name, disabled, .. } = row;
        Self { username: username.clone(), email: email.clone(), full_name: full_name.clone(), disabled: *disabled }
    }
}

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        let AccountRow { user: UserRow { username, email, full_name, disabled, scopes, .. }, .. } = row;
        Self {
            username,
            email,
            full_name,
            disabled,
            scopes: scopes.names().map(str::to_owned).collect(),
            created_at: rfc_3339(row.created_at),
            last_login_at: row.last_login_at.map(rfc_3339),
        }
    }
}

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
