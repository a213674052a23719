//! Issues access tokens.

use uuid::Uuid;

use crate::{
    error::ApiError,
    model::{Scopes, Token},
    server::{clock, operations::request_id::current, security::jwt::NewClaims, state::AppState, store::UserRow},
};

/// What a request for a token gets.
pub struct Issued {
    /// The answer.
    pub token: Token,
    /// The values of `Set-Cookie`, for Cloakroom's own pages.
    pub cookies: Vec<String>,
}

/// How the user has proved who they are.
pub struct Authentication<'a> {
    /// When the password was typed, in Unix seconds.
    pub time: i64,
    /// The session, and until when it can go on, in Unix seconds.
    pub session: Option<(&'a str, i64)>,
}

/// A new access token for a user, with these scopes.
///
/// # Errors
/// [`ApiError::internal`].
pub fn access_token(
    state: &AppState,
    user: &UserRow,
    granted: Scopes,
    authentication: &Authentication<'_>,
) -> Result<Token, ApiError> {
    let now = clock::unix_seconds();
    let whole = now.saturating_add(i64::from(state.token_expires_in));
    // A token never outlives its session.
    let exp = authentication.session.map_or(whole, |(_, until)| whole.min(until));
    let scope = granted.to_string();
    let claims = NewClaims {
        sub: &user.username,
        exp,
        iat: now,
        jti: &Uuid::new_v4().to_string(),
        scope: &scope,
        auth_time: authentication.time,
        user_id: &user.id,
        password_version: user.tokens_valid_from,
        sid: authentication.session.map(|(id, _)| id),
    };
    let access_token = state.keys.create_access_token(&claims, claims.iat).map_err(|error| {
        tracing::error!(request = current().map(display), %error, "a token was not issued");
        ApiError::internal()
    })?;
    let expires_in = u32::try_from(exp.saturating_sub(now)).unwrap_or_default();
    Ok(Token { access_token, token_type: "bearer".to_owned(), expires_in, scope, refresh_token: None })
}
