//! Logins: how many failed in a row, and where they succeeded.

use super::{Store, StoreError};

/// Addresses that are remembered of a user: the latest.
const ADDRESSES: i64 = 10;

/// Earlier logins of a user.
pub struct LoginHistory {
    /// Another one for each password that the user has had.
    pub password_version: Option<i64>,
    /// Whether the user has logged in from this address before.
    pub known_address: bool,
}

impl Store {
    /// Counts a login of this user as failed, and tells how many have in a row. Done before the password is checked: a
    /// right one clears the count. For a name that does not exist something is written too, as a write can be noticed:
    /// it makes the next requests read their users anew.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn count_failed_login(&self, username: &str) -> Result<Option<i64>, StoreError> {
        let count = "UPDATE users SET failed_logins = failed_logins + 1 WHERE username = $1 RETURNING failed_logins";
        let counted = sqlx::query_scalar(count).bind(username).fetch_optional(&self.pool).await?;
        if counted.is_none() {
            sqlx::query("UPDATE failed_logins_of_nobody SET count = count + 1").execute(&self.pool).await?;
        }
        Ok(counted)
    }

    /// Forgets the failed logins of a user who has logged in from `address` at `now`, in Unix milliseconds, and
    /// remembers the address.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn remember_login(&self, user_id: &str, address: &str, now: i64) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("UPDATE users SET failed_logins = 0 WHERE id = $1")
            .bind(user_id)
            .execute(&mut *transaction)
            .await?;
        sqlx::query(
            "INSERT INTO login_addresses (user_id, address, last_login_at) VALUES ($1, $2, $3) \
             ON CONFLICT (user_id, address) DO UPDATE SET last_login_at = excluded.last_login_at",
        )
        .bind(user_id)
        .bind(address)
        .bind(now)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "DELETE FROM login_addresses WHERE user_id = $1 AND address NOT IN (SELECT address FROM login_addresses \
             WHERE user_id = $1 ORDER BY last_login_at DESC, address LIMIT $2)",
        )
        .bind(user_id)
        .bind(ADDRESSES)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// What is known of this user's logins from `address`; nothing, where there is no such user.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn login_history(&self, username: &str, address: &str) -> Result<LoginHistory, StoreError> {
        let row: Option<(i64, i64)> = sqlx::query_as(
            "SELECT tokens_valid_from, (SELECT COUNT(*) FROM login_addresses WHERE user_id = id AND address = $2) \
             FROM users WHERE username = $1",
        )
        .bind(username)
        .bind(address)
        .fetch_optional(&self.pool)
        .await?;
        Ok(LoginHistory {
            password_version: row.map(|(tokens_valid_from, _)| tokens_valid_from),
            known_address: row.is_some_and(|(_, known)| known > 0),
        })
    }
}
