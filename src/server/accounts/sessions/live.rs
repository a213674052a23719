//! Which sessions can go on.

use crate::{
    error::ApiError,
    model::Scopes,
    server::{
        clock,
        security::refresh_token::RefreshToken,
        state::AppState,
        store::{LockedSession, RenewableSession, UserRow},
    },
};

/// Whether a session cannot go on, whatever the refresh token is.
pub fn is_over(locked: &LockedSession) -> bool {
    is_over_at(locked.now, &locked.session, &locked.user)
}

/// The same, at the time `now` in Unix milliseconds.
fn is_over_at(now: i64, session: &RenewableSession, user: &UserRow) -> bool {
    session.ended_at.is_some()
        // A token of less than a second would be none.
        || session.expires_at < now.saturating_add(1000)
        || user.disabled
        || user.tokens_valid_from != session.password_version
}

/// A session that can go on.
pub struct LiveSession {
    /// The name of its user.
    pub username: String,
    /// What a renewal would get.
    pub scopes: Scopes,
    /// The session's id.
    pub session_id: String,
    /// The id of the client that it belongs to.
    pub client_id: Option<String>,
    /// When it ends, unless it is used before then, in Unix seconds.
    pub expires_at: i64,
}

/// The session that goes on by this refresh token, which is the present one. It is not used by this. `None` for any other text.
///
/// # Errors
/// [`ApiError::unavailable`].
pub async fn session_of_refresh_token(state: &AppState, token: &str) -> Result<Option<LiveSession>, ApiError> {
    let Some(token) = RefreshToken::parse(token) else { return Ok(None) };
    let found = state.store.session_of_family(&token.family_digest(), clock::unix_milliseconds()).await?;
    let Some((now, session, user)) = found else { return Ok(None) };
    let is_live = !is_over_at(now, &session, &user) && session.token == token.digest();
    Ok(is_live.then(|| LiveSession {
        scopes: session.granted.intersection(user.scopes.union(Scopes::OFFLINE_ACCESS)),
        username: user.username,
        session_id: session.session_id,
        client_id: session.client_id,
        expires_at: session.expires_at / 1000,
    }))
}
