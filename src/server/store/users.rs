//! Users: rows and queries.

use std::sync::Arc;

use sqlx::FromRow;

use super::{Store, StoreError};
use crate::model::{Scopes, User};

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
}

/// A user with the password's hash (the tutorial's `UserInDB`). There is no `Debug`: no log line can show the hash.
#[derive(FromRow)]
pub struct UserInDb {
    /// The user.
    #[sqlx(flatten)]
    pub user: UserRow,
    /// The PHC string.
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
    /// The PHC string.
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

    /// All users, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn list_users(&self) -> Result<Vec<UserRow>, StoreError> {
        Ok(sqlx::query_as("SELECT * FROM users ORDER BY created_at, id")
            .fetch_all(&mut *self.readers.get().await?)
            .await?)
    }

    /// Creates a user.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if a user has the username or the e-mail address. Upper and lower case count as equal.
    pub async fn insert_user(&self, user: &NewUser) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        let inserted = sqlx::query(
            "INSERT INTO users (id, username, email, full_name, hashed_password, disabled, scopes, tokens_valid_from, \
             created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)",
        )
        .bind(&user.id)
        .bind(&user.username)
        .bind(&user.email)
        .bind(&user.full_name)
        .bind(&user.hashed_password)
        .bind(user.disabled)
        .bind(user.scopes.to_string())
        .bind(user.created_at)
        .execute(&mut *write)
        .await;
        write.end(inserted.map(drop).map_err(StoreError::from)).await
    }

    /// Gives a user a new password, refuses the tokens issued before `tokens_valid_from`, and clears the failed logins.
    /// Returns whether the user exists.
    ///
    /// The addresses of earlier logins stay: without them, an attacker at another address could make the owner wait.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_password(
        &self,
        username: &str,
        hashed_password: &str,
        tokens_valid_from: i64,
    ) -> Result<bool, StoreError> {
        let mut write = self.write().await?;
        // Always later than the old value: two changes within one second have two values.
        let update = "UPDATE users SET hashed_password = $1, failed_logins = 0, tokens_valid_from = \
                      CASE WHEN tokens_valid_from < $2 THEN $2 ELSE tokens_valid_from + 1 END WHERE username = $3";
        let done = sqlx::query(update)
            .bind(hashed_password)
            .bind(tokens_valid_from)
            .bind(username)
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// Replaces a hash by a newer one of the same password, unless the password was changed meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn renew_hash(&self, id: &str, old: &str, new: &str) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        sqlx::query("UPDATE users SET hashed_password = $1 WHERE id = $2 AND hashed_password = $3")
            .bind(new)
            .bind(id)
            .bind(old)
            .execute(&mut *write)
            .await?;
        write.commit().await
    }

    /// Disables or enables an account. Returns whether the user exists.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_disabled(&self, username: &str, disabled: bool) -> Result<bool, StoreError> {
        let mut write = self.write().await?;
        let done = sqlx::query("UPDATE users SET disabled = $1 WHERE username = $2")
            .bind(disabled)
            .bind(username)
            .execute(&mut *write)
            .await?;
        write.commit().await?;
        Ok(done.rows_affected() > 0)
    }
}
