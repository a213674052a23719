//! The answer to a login or a renewal of a session: both tokens.

use crate::{
    error::ApiError,
    model::Scopes,
    server::{
        accounts::access_token::{Authentication, Issued, access_token},
        security::{browser_cookie, refresh_token::RefreshToken},
        state::AppState,
        store::UserRow,
    },
};

/// A session that goes on. Times are in Unix milliseconds.
pub struct Going<'a> {
    pub user: &'a UserRow,
    pub scopes: Scopes,
    /// In Unix seconds.
    pub auth_time: i64,
    pub session_id: &'a str,
    pub expires_at: i64,
    pub now: i64,
    pub cookie_lasts: Option<bool>,
}

impl Going<'_> {
    /// The answer with both tokens.
    ///
    /// # Errors
    /// [`ApiError::internal`].
    pub fn issue(self, state: &AppState, refresh_token: &RefreshToken) -> Result<Issued, ApiError> {
        let Self { user, scopes, auth_time, session_id, expires_at, now, cookie_lasts } = self;
        let authentication = Authentication { time: auth_time, session: Some((session_id, expires_at / 1000)) };
        let mut token = access_token(state, user, scopes, &authentication)?;
        let Some(lasts) = cookie_lasts else {
            token.refresh_token = Some(refresh_token.text());
            return Ok(Issued { token, cookies: Vec::new() });
        };
        let max_age = lasts.then_some((expires_at - now) / 1000);
        let cookie = browser_cookie::set(session_id, refresh_token, state.is_reached_by_https, max_age);
        Ok(Issued { token, cookies: vec![cookie] })
    }
}
