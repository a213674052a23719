//! Logins: how many failed in a row, and from which addresses they succeeded.

use sqlx::SqliteConnection;

use super::{Store, StoreError};

/// How many addresses of a user are remembered. The latest ones stay.
const ADDRESSES: i64 = 10;

/// Earlier logins of a user.
pub struct LoginHistory {
    /// The version of the user's password: each password has a different one. `None` if the user does not exist.
    pub password_version: Option<i64>,
    /// Whether the user has logged in from this address before.
    pub known_address: bool,
}

impl Store {
    /// Counts a failed login of this user, and returns how many have failed in a row. `None` if the user does not
    /// exist. Called before the password is checked; success clears the count. A name that does not exist writes too: a
    /// client could notice a write, because the next requests read their users again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_failed_login(&self, username: &str) -> Result<Option<i64>, StoreError> {
        let mut write = self.write().await?;
        let count = "UPDATE users SET failed_logins = failed_logins + 1 WHERE username = $1 RETURNING failed_logins";
        let counted = sqlx::query_scalar(count).bind(username).fetch_optional(&mut *write).await?;
        if counted.is_none() {
            sqlx::query("UPDATE failed_logins_of_nobody SET count = count + 1").execute(&mut *write).await?;
        }
        write.commit().await?;
        Ok(counted)
    }

    /// Records a successful login from `address` at `now`, in Unix milliseconds. Clears the failed logins and remembers
    /// the address.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if the user was deleted meanwhile, [`StoreError::Unavailable`].
    pub async fn remember_login(&self, user_id: &str, address: &str, now: i64) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        let remembered = remember(&mut write, user_id, address, now).await;
        write.end(remembered).await
    }

    /// The history of this user's logins from `address`. It is empty if the user does not exist.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn login_history(&self, username: &str, address: &str) -> Result<LoginHistory, StoreError> {
        let row: Option<(i64, i64)> = sqlx::query_as(
            "SELECT tokens_valid_from, (SELECT COUNT(*) FROM login_addresses WHERE user_id = id AND address = $2) \
             FROM users WHERE username = $1",
        )
        .bind(username)
        .bind(address)
        .fetch_optional(&mut *self.readers.get().await?)
        .await?;
        Ok(LoginHistory {
            password_version: row.map(|(tokens_valid_from, _)| tokens_valid_from),
            known_address: row.is_some_and(|(_, known)| known > 0),
        })
    }
}

async fn remember(connection: &mut SqliteConnection, user_id: &str, address: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query("UPDATE users SET failed_logins = 0, last_login_at = $2 WHERE id = $1")
        .bind(user_id)
        .bind(now)
        .execute(&mut *connection)
        .await?;
    sqlx::query(
        "INSERT INTO login_addresses (user_id, address, last_login_at) VALUES ($1, $2, $3) \
         ON CONFLICT (user_id, address) DO UPDATE SET last_login_at = excluded.last_login_at",
    )
    .bind(user_id)
    .bind(address)
    .bind(now)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "DELETE FROM login_addresses WHERE user_id = $1 AND address NOT IN (SELECT address FROM login_addresses \
         WHERE user_id = $1 ORDER BY last_login_at DESC, address LIMIT $2 + 0)",
    )
    .bind(user_id)
    .bind(ADDRESSES)
    .execute(&mut *connection)
    .await?;
    Ok(())
}
