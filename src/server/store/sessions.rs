//! Sessions: how they begin, are listed and end. How they go on is in `renewals`.

use sqlx::FromRow;

use super::{
    actor::Actor,
    clients::{ClientRow, is_still_there},
    connection::Connection,
    error::{NotAllowed, StoreError},
    handle::Store,
    sql::Sql,
};
use crate::model::Scopes;

/// How many sessions of a user there can be beside a new one. If there are more, the one that was unused for longest ends.
const MOST_OTHERS: i64 = 99;
/// How many sessions that an old refresh token has ended are remembered of a user: the latest.
const MOST_ENDED: i64 = 20;
/// How long a session that was ended by an old refresh token is remembered, in milliseconds: the person should learn of it.
const REMEMBERED: i64 = 30 * 24 * 60 * 60 * 1000;

/// A session to begin. Times are in Unix milliseconds.
pub struct NewSession<'a> {
    /// UUID v7.
    pub session_id: &'a str,
    /// The id of its user.
    pub user_id: &'a str,
    /// The digest of the part that all its refresh tokens have in common.
    pub family: &'a str,
    /// The digest of its first refresh token.
    pub token: &'a str,
    /// What its tokens may do at most.
    pub granted: Scopes,
    /// The version of the password that was typed.
    pub password_version: i64,
    /// When the password was typed, in Unix seconds.
    pub auth_time: i64,
    /// Whether its cookie outlives the browser. `None` without a cookie.
    pub cookie_lasts: Option<bool>,
    /// The client that it belongs to, if one has proved who it is.
    pub client: Option<&'a ClientRow>,
    /// The client's address.
    pub address: &'a str,
    /// What the client calls itself.
    pub user_agent: Option<&'a str>,
    /// Now.
    pub started_at: i64,
    /// When it ends, unless it is used before then.
    pub expires_at: i64,
    /// When it ends, however much it is used.
    pub last_possible_at: i64,
}

/// A session, as people see it. Times are in Unix milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct SessionRow {
    /// UUID v7.
    pub session_id: String,
    /// When it began.
    pub started_at: i64,
    /// When it was last renewed.
    pub last_used_at: i64,
    /// When it ends, unless it is used before then.
    pub expires_at: i64,
    /// Where it began.
    pub address: String,
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// When an old refresh token ended it.
    pub ended_at: Option<i64>,
}

impl Store {
    /// Begins a session, if its user still has this password and is not disabled, and its client still has this secret.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if it is the user, [`NotAllowed::OtherSecret`] if it is the client, [`StoreError::Unavailable`].
    pub async fn begin_session(&self, session: &NewSession<'_>) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        let begun = begin(write.connection(), session).await;
        write.end(begun).await
    }

    /// The sessions of a user that can go on at `now`, the latest used first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn sessions_of(&self, user_id: &str, now: i64) -> Result<Vec<SessionRow>, StoreError> {
        let sql = Sql::new(
            "SELECT session_id, started_at, last_used_at, expires_at, address, user_agent, ended_at FROM sessions \
             JOIN users ON users.id = user_id WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2 \
             AND password_version = tokens_valid_from ORDER BY last_used_at DESC, session_id DESC",
        );
        self.read().await?.connection().all(sql.bind(user_id).bind(now)).await
    }

    /// The sessions of a user that an old refresh token has ended, the latest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn ended_sessions_of(&self, user_id: &str) -> Result<Vec<SessionRow>, StoreError> {
        let sql = Sql::new(
            "SELECT session_id, started_at, last_used_at, expires_at, address, user_agent, ended_at FROM sessions \
             WHERE user_id = $1 AND ended_at IS NOT NULL ORDER BY ended_at DESC, session_id DESC",
        );
        self.read().await?.connection().all(sql.bind(user_id)).await
    }

    /// When the session of this family was last used, in Unix milliseconds, and its id. `None` if none can go on, or if it belongs to
    /// a client: no browser has a cookie of such a session.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn last_use(&self, family: &str, now: i64) -> Result<Option<(i64, String)>, StoreError> {
        let sql = Sql::new(
            "SELECT last_used_at, session_id FROM sessions JOIN users ON users.id = user_id WHERE family = $1 AND ended_at IS NULL \
             AND client_id IS NULL AND expires_at > $2 AND password_version = tokens_valid_from",
        );
        self.read().await?.connection().optional(sql.bind(family).bind(now)).await
    }

    /// The id of the client that a session belongs to. `None` if it belongs to none, or is not there.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn client_of_session(&self, session_id: &str) -> Result<Option<String>, StoreError> {
        let sql = Sql::new("SELECT client_id FROM sessions WHERE session_id = $1").bind(session_id);
        let found = self.read().await?.connection().optional::<(Option<String>,)>(sql).await?;
        Ok(found.and_then(|(client_id,)| client_id))
    }

    /// Ends a session of this user.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if the user has no such session, [`StoreError::NotAllowed`], [`StoreError::Unavailable`].
    pub async fn end_session(&self, user_id: &str, session_id: &str, actor: &Actor) -> Result<(), StoreError> {
        let mut write = self.write_for(Some(actor)).await?;
        let sql = Sql::new("DELETE FROM sessions WHERE session_id = $1 AND user_id = $2 RETURNING session_id");
        let ended = write.connection().optional::<(String,)>(sql.bind(session_id).bind(user_id)).await;
        write.end(ended.and_then(|ended| ended.map(drop).ok_or(StoreError::Missing))).await
    }

    /// Ends all sessions of this user but one.
    ///
    /// # Errors
    /// [`StoreError::NotAllowed`], [`StoreError::Unavailable`].
    pub async fn end_sessions(&self, user_id: &str, but: Option<&str>, actor: &Actor) -> Result<(), StoreError> {
        let mut write = self.write_for(Some(actor)).await?;
        // A user's row is locked before the rows of the sessions: see `actor`.
        write.connection().lock_user(user_id).await?;
        let ended = end_all(write.connection(), user_id, but).await;
        write.end(ended).await
    }

    /// Ends the session of a token that is revoked. It may have ended before. If an old refresh token has ended it, the person should
    /// still learn of that.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn revoke_session(&self, session_id: &str) -> Result<(), StoreError> {
        // Looked up first, as anybody may send an old token again and again.
        let look = Sql::new("SELECT session_id FROM sessions WHERE session_id = $1").bind(session_id);
        if self.read().await?.connection().optional::<(String,)>(look).await?.is_none() {
            return Ok(());
        }
        let mut write = self.write().await?;
        let end = Sql::new("DELETE FROM sessions WHERE session_id = $1 AND ended_at IS NULL").bind(session_id);
        write.connection().run(end).await?;
        write.commit().await
    }

    /// Revokes an access token of this user without a session: from now on it is refused. `expires_at` is in Unix seconds.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn revoke_token(&self, username: &str, digest: &str, expires_at: i64) -> Result<(), StoreError> {
        let look = Sql::new("SELECT digest FROM revoked_tokens WHERE digest = $1").bind(digest);
        if self.read().await?.connection().optional::<(String,)>(look).await?.is_some() {
            return Ok(());
        }
        let mut write = self.write().await?;
        let mut connection = write.connection();
        if let Connection::Postgres(_) = connection {
            // A change that is being made with the token is there before the token has ended: see `actor`.
            let lock = Sql::new("SELECT id FROM users WHERE username = $1 FOR NO KEY UPDATE").bind(username);
            connection.optional::<(String,)>(lock).await?;
        }
        let sql =
            Sql::new("INSERT INTO revoked_tokens (digest, expires_at) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING");
        connection.run(sql.bind(digest).bind(expires_at)).await?;
        write.commit().await
    }
}

async fn begin(mut connection: Connection<'_>, session: &NewSession<'_>) -> Result<(), StoreError> {
    // Locked: the password may be changed, or the user disabled, at this moment. That ends the sessions that there are.
    match connection.lock_user(session.user_id).await? {
        Some((false, _, version)) if version == session.password_version => {}
        _ => return Err(StoreError::Missing),
    }
    if let Some(client) = session.client
        && !is_still_there(&mut connection, client).await?
    {
        return Err(NotAllowed::OtherSecret.into());
    }
    let insert = Sql::new(
        "INSERT INTO sessions (session_id, user_id, family, token, granted, password_version, auth_time, cookie_lasts, \
         address, user_agent, started_at, last_used_at, expires_at, last_possible_at, client_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12, $13, $14)",
    )
    .bind(session.session_id)
    .bind(session.user_id)
    .bind(session.family)
    .bind(session.token)
    .bind(session.granted.to_string())
    .bind(session.password_version)
    .bind(session.auth_time)
    .bind(session.cookie_lasts)
    .bind(session.address)
    .bind(session.user_agent)
    .bind(session.started_at)
    .bind(session.expires_at)
    .bind(session.last_possible_at)
    .bind(session.client.map(|client| &*client.client_id));
    connection.run(insert).await?;
    let surplus = Sql::new(
        "DELETE FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND session_id <> $2 AND session_id NOT IN \
         (SELECT session_id FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND session_id <> $2 \
         ORDER BY last_used_at DESC, session_id DESC LIMIT $3 + 0)",
    );
    connection.run(surplus.bind(session.user_id).bind(session.session_id).bind(MOST_OTHERS)).await?;
    let ended = Sql::new(
        "DELETE FROM sessions WHERE user_id = $1 AND ended_at IS NOT NULL AND session_id NOT IN (SELECT session_id \
         FROM sessions WHERE user_id = $1 AND ended_at IS NOT NULL ORDER BY ended_at DESC, session_id DESC LIMIT $2 + 0)",
    );
    connection.run(ended.bind(session.user_id).bind(MOST_ENDED)).await?;
    Ok(())
}

/// Ends all sessions of a user but one, within a transaction. What tells of a stolen one stays.
pub(super) async fn end_all(
    mut connection: Connection<'_>,
    user_id: &str,
    but: Option<&str>,
) -> Result<(), StoreError> {
    let sql =
        Sql::new("DELETE FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND ($2 IS NULL OR session_id <> $2)");
    connection.run(sql.bind(user_id).bind(but)).await?;
    Ok(())
}

/// Until when a session that an old refresh token ended at `now` is remembered, in Unix milliseconds.
pub(super) const fn remembered_until(now: i64) -> i64 {
    now.saturating_add(REMEMBERED)
}
