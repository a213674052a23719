//! Bearer tokens: [`BearerToken`] reads the header, and [`TokenUser`] checks the token and looks its user up. What a handler takes is in
//! `caller`.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{header::AUTHORIZATION, request::Parts},
};

use super::jwt::{InvalidToken, TokenData};
use crate::{
    error::ApiError,
    model::Scopes,
    server::{clock, state::AppState, store::UserRow},
};

/// The token of `Authorization: Bearer …` (RFC 6750 §2.1), unchecked: the tutorial's `OAuth2PasswordBearer`.
pub struct BearerToken(String);

/// The user of a good token, enabled or not.
pub struct TokenUser {
    /// The user, as the database has it now.
    pub user: Arc<UserRow>,
    /// The token's scopes that the user has now.
    pub scopes: Scopes,
    /// What the token says.
    pub token: Arc<TokenData>,
}

impl<S: Send + Sync> FromRequestParts<S> for BearerToken {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let mut headers = parts.headers.get_all(AUTHORIZATION).iter();
        let header = headers.next().ok_or_else(ApiError::not_authenticated)?;
        if headers.next().is_some() {
            return Err(ApiError::repeated_authorization());
        }
        let header = header.as_bytes();
        let (scheme, token) = match header.iter().position(|&byte| byte == b' ') {
            Some(space) => (&header[..space], &header[space + 1..]),
            None => (header, &header[header.len()..]),
        };
        if !scheme.eq_ignore_ascii_case(b"Bearer") {
            return Err(ApiError::not_authenticated());
        }
        // RFC 9110 §11.4 allows several spaces between the scheme and the token.
        let token = str::from_utf8(token).map_err(|_| ApiError::invalid_token())?;
        Ok(Self(token.trim_start_matches(' ').to_owned()))
    }
}

impl FromRequestParts<AppState> for TokenUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let BearerToken(token) = BearerToken::from_request_parts(parts, state).await?;
        let now = clock::unix_seconds();
        let token = state.keys.decode(&token, now)?;
        let user = state.store.user_behind_token(&token.known).await?.ok_or_else(ApiError::invalid_token)?;
        #[expect(clippy::cast_precision_loss, reason = "seconds fit into 53 bits")]
        let valid_from = user.tokens_valid_from as f64;
        // Another user may have had this name.
        if token.user_id.as_ref().is_some_and(|id| *id != user.id) {
            return Err(ApiError::invalid_token());
        }
        let is_current = match token.password_version {
            // Our own tokens name the version of the password that they were issued for. No clock is needed.
            Some(version) => version == valid_from,
            // A token without `iat` counts as issued at Unix time 0.
            // One that was issued in the future, as PyJWT refuses it, would outlive a change of the password.
            None => {
                let issued_at = token.issued_at.unwrap_or_default();
                #[expect(clippy::cast_precision_loss, reason = "seconds fit into 53 bits")]
                let now = now as f64;
                issued_at >= valid_from && issued_at < now + 1.0
            }
        };
        if !is_current {
            return Err(ApiError::invalid_token());
        }
        // If the user has lost a scope, the token has lost it too.
        let scopes = token.scopes.unwrap_or(user.scopes).intersection(user.scopes);
        Ok(Self { user, scopes, token })
    }
}

impl From<InvalidToken> for ApiError {
    fn from(_: InvalidToken) -> Self {
        Self::invalid_token()
    }
}

#[cfg(test)]
mod proptests;
