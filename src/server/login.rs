//! What is decided at a login: who it is, what may be asked for, and from when on the token counts.

use std::time::Duration;

use uuid::Uuid;

use super::{clock, security::jwt::NewClaims, state::AppState, store::UserRow, users::authenticate_user};
use crate::{
    error::ApiError,
    model::{Scopes, Token},
    oauth2::PasswordForm,
};

/// Checks the username and password of the form and issues a token (the tutorial's function of the same name).
///
/// # Errors
/// [`ApiError::invalid_scope`], [`ApiError::incorrect_credentials`], [`ApiError::busy`].
pub async fn login_for_access_token(state: &AppState, form: PasswordForm) -> Result<Token, ApiError> {
    // Before the user is looked up: where the password is changed while it is being checked, the token counts as older
    // than the change.
    let asked_at = clock::unix_seconds();
    // Before the password, as it costs nothing; whether it is granted after it, as that is the user's own business.
    let asked = form.scope.as_deref().map(Scopes::parse).transpose().map_err(|_| ApiError::invalid_scope())?;
    let user = authenticate_user(&state.store, &state.passwords, &form.username, form.password)
        .await?
        .ok_or_else(ApiError::incorrect_credentials)?;
    let granted = asked.unwrap_or(user.scopes);
    if !user.scopes.contains(granted) {
        return Err(ApiError::invalid_scope());
    }
    let issued_at = issue_time(&user, asked_at).await;
    let scope = granted.to_string();
    let claims = NewClaims {
        sub: &user.username,
        exp: clock::unix_seconds().saturating_add(i64::from(state.token_expires_in)),
        iat: issued_at,
        jti: &Uuid::new_v4().to_string(),
        scope: &scope,
    };
    let access_token = state.keys.create_access_token(&claims).map_err(|error| {
        tracing::error!(%error, "a login failed");
        ApiError::internal()
    })?;
    Ok(Token { access_token, token_type: "bearer".to_owned(), expires_in: state.token_expires_in, scope })
}

/// The `iat` of a token that `user` asked for at `asked_at`, in Unix seconds. Within the second in which the password
/// was changed no token is valid yet, so this waits for the next: other readers, PyJWT for one, refuse an `iat` that is
/// still to come.
async fn issue_time(user: &UserRow, asked_at: i64) -> i64 {
    let early = user.tokens_valid_from.saturating_mul(1000).saturating_sub(clock::unix_milliseconds());
    if early > 0 {
        // Never much longer than that second, even if the clock was set back since.
        tokio::time::sleep(Duration::from_millis(early.unsigned_abs().min(3000))).await;
    }
    asked_at.max(user.tokens_valid_from)
}
