//! The client credentials grant (RFC 6749 §4.4): a client gets a token of its own, which has no user.

use serde::Serialize;
use uuid::Uuid;

use crate::{
    error::ApiError,
    model::{Scopes, Token},
    server::{clock, operations::request_id::current, state::AppState, store::ClientRow},
};

/// The claims of a client's own token.
#[derive(Serialize)]
struct ClientClaims<'a> {
    /// The client's id.
    sub: &'a str,
    /// The same (RFC 8693 §4.3).
    client_id: &'a str,
    /// When the token expires, in Unix seconds.
    exp: i64,
    /// When the token was issued, in Unix seconds.
    iat: i64,
    /// The token's unique id.
    jti: String,
    /// The token's scopes: names separated by spaces.
    scope: &'a str,
    /// The version of the secret that the token was issued for. A private claim: other readers ignore it.
    client_version: &'a str,
}

/// A new token for a client that has proved who it is. `client_id` is the form's, and `scope` the requested scopes: `None` means all
/// scopes of the client.
///
/// # Errors
/// [`ApiError::invalid_client`] without a client, [`ApiError::invalid_request`], [`ApiError::client_without_scopes`],
/// [`ApiError::invalid_scope`], [`ApiError::internal`].
pub fn issue_client_token(
    state: &AppState,
    client: Option<&ClientRow>,
    client_id: Option<&str>,
    scope: Option<&str>,
) -> Result<Token, ApiError> {
    let client = client.ok_or_else(ApiError::invalid_client)?;
    if client_id.is_some_and(|named| named != client.client_id) {
        return Err(ApiError::invalid_request("The field client_id names another client than Authorization"));
    }
    if client.scopes == Scopes::default() {
        return Err(ApiError::client_without_scopes());
    }
    let asked = scope.map(Scopes::parse).transpose().map_err(|_| ApiError::invalid_scope())?;
    let granted = asked.unwrap_or(client.scopes);
    if !client.scopes.contains(granted) {
        return Err(ApiError::invalid_scope());
    }
    let (iat, scope) = (clock::unix_seconds(), granted.to_string());
    let claims = ClientClaims {
        sub: &client.client_id,
        client_id: &client.client_id,
        exp: iat.saturating_add(state.token_expires_in.into()),
        iat,
        jti: Uuid::new_v4().to_string(),
        scope: &scope,
        client_version: &client.version,
    };
    let access_token = state.keys.create_access_token(&claims, iat).map_err(|error| {
        tracing::error!(request = current().map(display), %error, "a token was not issued");
        ApiError::internal()
    })?;
    let (token_type, expires_in) = ("bearer".to_owned(), state.token_expires_in);
    Ok(Token { access_token, token_type, expires_in, scope, refresh_token: None })
}
