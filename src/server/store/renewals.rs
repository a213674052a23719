//! How a session goes on: a refresh token is used, and another one takes its place.

use sqlx::{ColumnIndex, Decode, FromRow, Row, Type};

use super::{
    connection::Connection,
    engine::Write,
    error::StoreError,
    handle::Store,
    rows::{UserRow, user_columns},
    sessions::remembered_until,
    sql::Sql,
};
use crate::model::Scopes;

/// A session that nobody else reads or changes until this ends. Unless it is committed, nothing is changed.
pub struct LockedSession {
    write: Write,
    /// Now, in Unix milliseconds. On PostgreSQL it is the database's time, so that all servers measure by the same clock.
    pub now: i64,
    /// The session.
    pub session: RenewableSession,
    /// Its user.
    pub user: UserRow,
}

/// What decides whether a session may go on. Times are in Unix milliseconds.
#[derive(Debug)]
pub struct RenewableSession {
    /// Its id.
    pub session_id: String,
    /// The digest of the present refresh token.
    pub token: String,
    /// What its tokens may do at most.
    pub granted: Scopes,
    /// The version of the password that was typed.
    pub password_version: i64,
    /// When the password was typed, in Unix seconds.
    pub auth_time: i64,
    /// Whether its cookie outlives the browser. `None` without a cookie.
    pub cookie_lasts: Option<bool>,
    /// When it ends, unless it is used before then.
    pub expires_at: i64,
    /// When it ends, however much it is used.
    pub last_possible_at: i64,
    /// When an old refresh token ended it.
    pub ended_at: Option<i64>,
    /// The id of the client that it belongs to.
    pub client_id: Option<String>,
}

/// A refresh token that was used a moment ago.
#[derive(Debug, FromRow)]
pub struct UsedToken {
    /// The token that took its place, encrypted.
    pub next_token: String,
    /// When it was used, in Unix milliseconds.
    pub used_at: i64,
}

/// What takes the place of the present refresh token. Times are in Unix milliseconds.
pub struct Next<'a> {
    /// The digest of the next token.
    pub token: &'a str,
    /// The next token, encrypted for those who send the present one again.
    pub encrypted: &'a str,
    /// When the session ends, unless it is used before then.
    pub expires_at: i64,
    /// Tokens that were used before then are forgotten.
    pub used_since: i64,
    /// What a login changes, if the password was typed again.
    pub login: Option<LoginAgain>,
}

/// A login by which a session goes on.
pub struct LoginAgain {
    /// What the tokens may do at most.
    pub granted: Scopes,
    /// When the password was typed, in Unix seconds.
    pub auth_time: i64,
    /// When the session ends, however much it is used.
    pub last_possible_at: i64,
    /// Whether its cookie outlives the browser.
    pub cookie_lasts: Option<bool>,
}

struct Found {
    now: i64,
    session: RenewableSession,
    user: UserRow,
}

impl<'r, R: Row> FromRow<'r, R> for Found
where
    &'static str: ColumnIndex<R>,
    i64: Decode<'r, R::Database> + Type<R::Database>,
    String: Decode<'r, R::Database> + Type<R::Database>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
    Option<bool>: Decode<'r, R::Database> + Type<R::Database>,
    Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
    UserRow: FromRow<'r, R>,
{
    fn from_row(row: &'r R) -> Result<Self, sqlx::Error> {
        let session = RenewableSession {
            session_id: row.try_get("session_id")?,
            token: row.try_get("token")?,
            granted: Scopes::from(row.try_get::<String, _>("granted")?),
            password_version: row.try_get("password_version")?,
            auth_time: row.try_get("auth_time")?,
            cookie_lasts: row.try_get("cookie_lasts")?,
            expires_at: row.try_get("expires_at")?,
            last_possible_at: row.try_get("last_possible_at")?,
            ended_at: row.try_get("ended_at")?,
            client_id: row.try_get("client_id")?,
        };
        Ok(Self { now: row.try_get("now")?, session, user: UserRow::from_row(row)? })
    }
}

impl Store {
    /// The session of a family of refresh tokens, locked. `now` is this server's time, in Unix milliseconds. `None` if there is
    /// none.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn lock_session(&self, family: &str, now: i64) -> Result<Option<LockedSession>, StoreError> {
        // Looked up first, as anybody can send anything: a token that is none takes no turn of those who write.
        let look = Sql::new("SELECT session_id FROM sessions WHERE family = $1").bind(family);
        if self.read().await?.connection().optional::<(String,)>(look).await?.is_none() {
            return Ok(None);
        }
        let mut write = self.write().await?;
        let mut connection = write.connection();
        let mut lock = of_family(&connection, family, now);
        if let Connection::Postgres(_) = connection {
            lock.push(" FOR UPDATE OF sessions");
        }
        let Some(Found { now, session, user }) = connection.optional(lock).await? else {
            write.roll_back().await?;
            return Ok(None);
        };
        Ok(Some(LockedSession { write, now, session, user }))
    }

    /// The same, to look only: the present time, the session and its user, without a lock.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn session_of_family(
        &self,
        family: &str,
        now: i64,
    ) -> Result<Option<(i64, RenewableSession, UserRow)>, StoreError> {
        let mut reader = self.read().await?;
        let mut connection = reader.connection();
        let look = of_family(&connection, family, now);
        let found = connection.optional(look).await?;
        Ok(found.map(|Found { now, session, user }| (now, session, user)))
    }
}

/// The statement that reads the session of a family of refresh tokens, and the time.
fn of_family(connection: &Connection<'_>, family: &str, now: i64) -> Sql {
    let mut sql = Sql::new("SELECT ");
    match connection {
        Connection::Sqlite(_) => sql.push_value(now),
        Connection::Postgres(_) => sql.push("CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"),
    };
    sql.push(concat!(
        " AS now, session_id, token, granted, password_version, auth_time, cookie_lasts, expires_at, last_possible_at, \
         ended_at, client_id, ",
        user_columns!(),
        " FROM sessions JOIN users ON users.id = user_id WHERE family = "
    ));
    sql.push_value(family);
    sql
}

impl LockedSession {
    /// The token with this digest, if it is of this session and was used since `since`, in Unix milliseconds.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn used(&mut self, token: &str, since: i64) -> Result<Option<UsedToken>, StoreError> {
        let sql = Sql::new(
            "SELECT next_token, used_at FROM used_refresh_tokens WHERE token = $1 AND session_id = $2 AND used_at >= $3",
        );
        let sql = sql.bind(token).bind(&*self.session.session_id).bind(since);
        self.write.connection().optional(sql).await
    }

    /// Puts another refresh token in the place of the present one, and commits.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn rotate(mut self, next: &Next<'_>) -> Result<(), StoreError> {
        let (now, session_id) = (self.now, &*self.session.session_id);
        let mut connection = self.write.connection();
        let login = next.login.as_ref();
        let rotate = Sql::new(
            "UPDATE sessions SET token = $1, last_used_at = $2, expires_at = $3, granted = COALESCE($4, granted), \
             auth_time = COALESCE($5, auth_time), last_possible_at = COALESCE($6, last_possible_at), \
             cookie_lasts = COALESCE($7, cookie_lasts) WHERE session_id = $8 AND token = $9",
        )
        .bind(next.token)
        .bind(now)
        .bind(next.expires_at)
        .bind(login.map(|login| login.granted.to_string()))
        .bind(login.map(|login| login.auth_time))
        .bind(login.map(|login| login.last_possible_at))
        .bind(login.and_then(|login| login.cookie_lasts))
        .bind(session_id)
        .bind(&*self.session.token);
        if connection.run(rotate).await? != 1 {
            // The row is locked, so this cannot be.
            return Err(StoreError::Unavailable(sqlx::Error::RowNotFound));
        }
        let forget = Sql::new("DELETE FROM used_refresh_tokens WHERE session_id = $1 AND used_at < $2");
        connection.run(forget.bind(session_id).bind(next.used_since)).await?;
        let used = Sql::new(
            "INSERT INTO used_refresh_tokens (token, session_id, next_token, used_at) VALUES ($1, $2, $3, $4)",
        );
        connection.run(used.bind(&*self.session.token).bind(session_id).bind(next.encrypted).bind(now)).await?;
        self.write.commit().await
    }

    /// Ends the session, because an old refresh token was used, and commits. The person can read of it for a while.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end(mut self) -> Result<(), StoreError> {
        let sql = Sql::new("UPDATE sessions SET ended_at = $1, expires_at = $2 WHERE session_id = $3");
        let sql = sql.bind(self.now).bind(remembered_until(self.now)).bind(&*self.session.session_id);
        self.write.connection().run(sql).await?;
        self.write.commit().await
    }

    /// Removes the session, and commits.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn remove(mut self) -> Result<(), StoreError> {
        let sql = Sql::new("DELETE FROM sessions WHERE session_id = $1").bind(&*self.session.session_id);
        self.write.connection().run(sql).await?;
        self.write.commit().await
    }

    /// Leaves everything as it is.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn leave(self) -> Result<(), StoreError> {
        self.write.roll_back().await
    }
}
