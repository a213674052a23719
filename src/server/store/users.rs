//! Users: rows and queries.

use sqlx::{FromRow, Row, sqlite::SqliteRow};

use super::{Store, StoreError};
use crate::model::{Scopes, User};

/// A user, without the password's hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserRow {
    /// UUID v7.
    pub id: String,
    /// The name the user logs in with.
    pub username: String,
    /// Where to reach the user.
    pub email: Option<String>,
    /// What to call the user.
    pub full_name: Option<String>,
    /// Whether the account is switched off.
    pub disabled: bool,
    /// What the user may be let do.
    pub scopes: Scopes,
    /// Tokens issued before this moment are refused, in Unix seconds.
    pub tokens_valid_from: i64,
}

/// A user with the password's hash (the tutorial's `UserInDB`). Without `Debug`, so that no log line can show it.
pub struct UserInDb {
    /// The user.
    pub user: UserRow,
    /// The PHC string.
    pub hashed_password: String,
    /// Logins that failed since the last that succeeded; one counts as failed until its password was checked.
    pub failed_logins: i64,
}

/// A user to be created.
pub struct NewUser {
    /// UUID v7.
    pub id: String,
    /// The name to log in with.
    pub username: String,
    /// Where to reach the user.
    pub email: Option<String>,
    /// What to call the user.
    pub full_name: Option<String>,
    /// The PHC string.
    pub hashed_password: String,
    /// Whether the account starts switched off.
    pub disabled: bool,
    /// What the user may be let do.
    pub scopes: Scopes,
    /// When, in Unix milliseconds.
    pub created_at: i64,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self { username: row.username, email: row.email, full_name: row.full_name, disabled: row.disabled }
    }
}

impl FromRow<'_, SqliteRow> for UserRow {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            username: row.try_get("username")?,
            email: row.try_get("email")?,
            full_name: row.try_get("full_name")?,
            disabled: row.try_get("disabled")?,
            scopes: Scopes::parse_granted(row.try_get("scopes")?),
            tokens_valid_from: row.try_get("tokens_valid_from")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for UserInDb {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            user: UserRow::from_row(row)?,
            hashed_password: row.try_get("hashed_password")?,
            failed_logins: row.try_get("failed_logins")?,
        })
    }
}

impl Store {
    /// The user that a token speaks of. Asked on every request, so it is remembered until anything is written.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn user_behind_token(&self, username: &str) -> Result<Option<UserRow>, StoreError> {
        // Asked before the row is read: what is written in between makes the remembered row too old, never too new.
        let version = self.changes.version().await?;
        if let Some((of, user)) = self.users.get(username)
            && of == version
        {
            self.cache.hits.inc();
            return Ok(Some(user));
        }
        self.cache.misses.inc();
        let user = self.find_user(username).await?.map(|found| found.user);
        if let Some(user) = &user {
            self.users.insert(username.to_owned(), (version, user.clone()));
        }
        Ok(user)
    }

    /// The user of this name, letter by letter, with the password's hash.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn find_user(&self, username: &str) -> Result<Option<UserInDb>, StoreError> {
        Ok(sqlx::query_as("SELECT * FROM users WHERE username = $1").bind(username).fetch_optional(&self.pool).await?)
    }

    /// All users, oldest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn list_users(&self) -> Result<Vec<UserRow>, StoreError> {
        Ok(sqlx::query_as("SELECT * FROM users ORDER BY created_at, id").fetch_all(&self.pool).await?)
    }

    /// Creates a user.
    ///
    /// # Errors
    /// [`StoreError::Taken`] where the username or the e-mail address is somebody's, in whatever case of letters.
    pub async fn insert_user(&self, user: &NewUser) -> Result<(), StoreError> {
        sqlx::query(
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
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Gives a user a new password, refuses the tokens issued before `tokens_valid_from`, and forgets about the logins
    /// with the old one. Tells whether there is such a user.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_password(
        &self,
        username: &str,
        hashed_password: &str,
        tokens_valid_from: i64,
    ) -> Result<bool, StoreError> {
        // Later than before in any case: two changes within one second are two.
        let update = "UPDATE users SET hashed_password = $1, failed_logins = 0, tokens_valid_from = \
                      CASE WHEN tokens_valid_from < $2 THEN $2 ELSE tokens_valid_from + 1 END WHERE username = $3";
        let mut transaction = self.pool.begin().await?;
        let done = sqlx::query(update)
            .bind(hashed_password)
            .bind(tokens_valid_from)
            .bind(username)
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM login_addresses WHERE user_id IN (SELECT id FROM users WHERE username = $1)")
            .bind(username)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() > 0)
    }

    /// Replaces a hash by a newer one of the same password, unless the password was changed meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn renew_hash(&self, id: &str, old: &str, new: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE users SET hashed_password = $1 WHERE id = $2 AND hashed_password = $3")
            .bind(new)
            .bind(id)
            .bind(old)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Switches an account off or on. Tells whether there is such a user.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn set_disabled(&self, username: &str, disabled: bool) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE users SET disabled = $1 WHERE username = $2")
            .bind(disabled)
            .bind(username)
            .execute(&self.pool)
            .await?;
        Ok(done.rows_affected() > 0)
    }
}
