//! Tells a client what a token is good for at this moment (RFC 7662).

use crate::{
    error::ApiError,
    model::{Introspection, Scopes},
    server::{
        accounts::{LiveSession, session_of_refresh_token},
        security::{
            jwt::TokenData,
            valid_token::{ClientToken, UserToken, ValidToken, valid_token},
        },
        state::AppState,
    },
};

/// What is known of a token. It is active if this server would take it now. Nothing of it is used up.
///
/// # Errors
/// [`ApiError::unavailable`].
pub async fn introspect(state: &AppState, token: &str) -> Result<Introspection, ApiError> {
    if let Some(live) = session_of_refresh_token(state, token).await? {
        return Ok(of_session(live));
    }
    Ok(match valid_token(state, token).await? {
        Some(ValidToken::OfUser(UserToken { user, scopes, data })) if !user.disabled => {
            Introspection { username: Some(user.username.clone()), ..of_access_token(&data, scopes) }
        }
        Some(ValidToken::OfClient(ClientToken { client, scopes, data })) => {
            Introspection { client_id: Some(client.client_id), ..of_access_token(&data, scopes) }
        }
        _ => Introspection::default(),
    })
}

/// A refresh token, which is the present one of its session.
fn of_session(LiveSession { username, scopes, session_id, client_id, expires_at }: LiveSession) -> Introspection {
    Introspection {
        active: true,
        scope: in_words(scopes),
        client_id,
        sub: Some(username.clone()),
        username: Some(username),
        exp: Some(expires_at),
        sid: Some(session_id),
        ..Introspection::default()
    }
}

/// An access token with these scopes, whoever it is of.
fn of_access_token(data: &TokenData, scopes: Scopes) -> Introspection {
    Introspection {
        active: true,
        scope: in_words(scopes),
        sub: Some(data.known.username.clone()),
        token_type: Some("bearer"),
        exp: Some(whole(data.expires_at)),
        iat: data.issued_at.map(whole),
        jti: data.jti.clone(),
        sid: data.known.ended_by.session_id().map(str::to_owned),
        ..Introspection::default()
    }
}

/// The scopes as they are sent. RFC 6749 §3.3 has no word for none.
fn in_words(scopes: Scopes) -> Option<String> {
    (scopes != Scopes::default()).then(|| scopes.to_string())
}

/// Whole seconds: tokens of other services may have parts of them.
fn whole(seconds: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
    let whole = seconds.floor() as i64;
    whole
}
