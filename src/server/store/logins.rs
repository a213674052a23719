//! Logins: what they are checked against, how many failed in a row, and from which addresses they succeeded.

use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

use super::{
    connection::Connection,
    error::StoreError,
    handle::Store,
    rows::{UserInDb, user_columns, user_in_db_columns},
    sql::Sql,
};

/// How many addresses of a user are remembered. The latest ones stay.
const ADDRESSES: i64 = 10;

/// One row for any name: the user, if there is one, and the highest cost of the bcrypt hashes.
const CREDENTIALS: &str = concat!(
    "SELECT ",
    user_in_db_columns!(),
    ", bcrypt.top FROM (SELECT MAX(substr(hashed_password, 5, 2)) AS top FROM users WHERE hashed_password LIKE '$2%') AS \
     bcrypt LEFT JOIN users ON username = $1"
);

/// What a login is checked against.
pub struct Credentials {
    /// The user with the password's hash. `None` if the user does not exist.
    pub user: Option<UserInDb>,
    /// The highest cost of all users' bcrypt hashes. `None` if there are none.
    pub top_bcrypt: Option<u32>,
}

impl<'r, R: Row> FromRow<'r, R> for Credentials
where
    &'static str: ColumnIndex<R>,
    Option<&'r str>: Decode<'r, R::Database> + Type<R::Database>,
    UserInDb: FromRow<'r, R>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        let exists = row.try_get::<Option<&str>, _>("id")?.is_some();
        let top: Option<&str> = row.try_get("top")?;
        Ok(Self {
            user: exists.then(|| UserInDb::from_row(row)).transpose()?,
            // Only somebody who writes to the database by hand can leave a cost that is no number.
            top_bcrypt: top.map(|cost| cost.parse().unwrap_or(u32::MAX)),
        })
    }
}

/// Earlier logins of a user.
pub struct LoginHistory {
    /// The version of the user's password: each password has a different one. `None` if the user does not exist.
    pub password_version: Option<i64>,
    /// Whether the user has logged in from this address before.
    pub known_address: bool,
}

impl Store {
    /// What a login with this name is checked against, at one moment. An index has the cost: it is found at once, however
    /// many users there are.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn credentials(&self, username: &str) -> Result<Credentials, StoreError> {
        // One row for any name, so this one must not be refused for its characters.
        let username = username.replace('\0', "\u{fffd}");
        self.read().await?.connection().one(Sql::new(CREDENTIALS).bind(username)).await
    }

    /// Counts a failed login of this user, and returns how many have failed in a row. `None` if the user does not
    /// exist. Called before the password is checked; success clears the count. A name that does not exist writes too: a
    /// client could notice a write, because the next requests read their users again.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_failed_login(&self, username: &str) -> Result<Option<i64>, StoreError> {
        let mut write = self.write().await?;
        let count = "UPDATE users SET failed_logins = failed_logins + 1 WHERE username = $1 RETURNING failed_logins";
        let counted: Option<(i64,)> = write.connection().optional(Sql::new(count).bind(username)).await?;
        if counted.is_none() {
            let nobody = Sql::new("UPDATE failed_logins_of_nobody SET count = count + 1 WHERE slot = $1");
            write.connection().run(nobody.bind(slot(username))).await?;
        }
        write.commit().await?;
        Ok(counted.map(|(count,)| count))
    }

    /// Records a successful login from `address` at `now`, in Unix milliseconds. Clears the failed logins and remembers
    /// the address.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if the user was deleted meanwhile, [`StoreError::Unavailable`].
    pub async fn remember_login(&self, user_id: &str, address: &str, now: i64) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        let remembered = remember(write.connection(), user_id, address, now).await;
        write.end(remembered).await
    }

    /// Clears the failed logins of a user.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn clear_failed_logins(&self, user_id: &str) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        let clear = Sql::new("UPDATE users SET failed_logins = 0 WHERE id = $1").bind(user_id);
        write.connection().run(clear).await?;
        write.commit().await
    }

    /// The history of this user's logins from `address`. It is empty if the user does not exist.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn login_history(&self, username: &str, address: &str) -> Result<LoginHistory, StoreError> {
        let sql = Sql::new(
            "SELECT tokens_valid_from, (SELECT COUNT(*) FROM login_addresses WHERE user_id = id AND address = $2) \
             FROM users WHERE username = $1",
        )
        .bind(username)
        .bind(address);
        let row: Option<(i64, i64)> = self.read().await?.connection().optional(sql).await?;
        Ok(LoginHistory {
            password_version: row.map(|(tokens_valid_from, _)| tokens_valid_from),
            known_address: row.is_some_and(|(_, known)| known > 0),
        })
    }
}

/// Which row counts the failed logins of a name that does not exist.
fn slot(username: &str) -> i64 {
    i64::from(username.bytes().fold(0_u8, u8::wrapping_add) % 16)
}

async fn remember(mut connection: Connection<'_>, user_id: &str, address: &str, now: i64) -> Result<(), StoreError> {
    let success = Sql::new("UPDATE users SET failed_logins = 0, last_login_at = $2 WHERE id = $1");
    connection.run(success.bind(user_id).bind(now)).await?;
    let remember = Sql::new(
        "INSERT INTO login_addresses (user_id, address, last_login_at) VALUES ($1, $2, $3) \
         ON CONFLICT (user_id, address) DO UPDATE SET last_login_at = excluded.last_login_at",
    );
    connection.run(remember.bind(user_id).bind(address).bind(now)).await?;
    let forget = Sql::new(
        "DELETE FROM login_addresses WHERE user_id = $1 AND address NOT IN (SELECT address FROM login_addresses \
         WHERE user_id = $1 ORDER BY last_login_at DESC, address LIMIT $2 + 0)",
    );
    connection.run(forget.bind(user_id).bind(ADDRESSES)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::store::testing::{new_store, user};

    const ARGON2: &str =
        "$argon2id$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$G5iTPk9xLQp91Yo/sedCY4bRzyxkmXY9s22NT9T/DCg";

    async fn store_with(hashes: &[&str]) -> (tempfile::TempDir, Store) {
        let (folder, store) = new_store().await;
        for (number, hash) in hashes.iter().enumerate() {
            store.insert_user(&user(number, hash), None).await.expect("a new user");
        }
        (folder, store)
    }

    #[tokio::test]
    async fn whatever_the_name_a_login_knows_the_highest_cost_of_all_bcrypt_hashes() {
        for (hashes, top) in [
            (&[][..], None),
            (&[ARGON2], None),
            (&["$2b$04$x", ARGON2], Some(4)),
            (&["$2b$04$x", "$2a$12$x", "$2y$10$x", ARGON2], Some(12)),
            (&["$2b$04$x", "$2b$zz$x"], Some(u32::MAX)),
        ] {
            let (_folder, store) = store_with(hashes).await;
            for (number, hash) in hashes.iter().enumerate() {
                let found = store.credentials(&format!("user-{number}")).await.expect("a database");
                assert_eq!(found.user.map(|user| user.hashed_password).as_deref(), Some(*hash));
                assert_eq!(found.top_bcrypt, top);
            }
            let nobody = store.credentials("nobody").await.expect("a database");
            assert!(nobody.user.is_none());
            assert_eq!(nobody.top_bcrypt, top);
        }
    }

    #[tokio::test]
    async fn the_highest_cost_is_found_without_a_look_at_every_user() {
        let (_folder, store) = store_with(&[]).await;
        let mut reader = store.sqlite().read().await.expect("a database");
        let program = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN {CREDENTIALS}")))
            .bind("ada")
            .fetch_all(&mut *reader)
            .await
            .expect("a program");
        let steps: Vec<String> = program.iter().map(|step| step.get("opcode")).collect();
        // `EXPLAIN QUERY PLAN` says SEARCH for any MAX. The end of an index is Last; a scan begins with Rewind.
        assert!(steps.iter().any(|step| step == "Last"), "{steps:?}");
        assert!(!steps.iter().any(|step| step == "Rewind"), "{steps:?}");
    }
}
