//! The extractors for a handler's signature. Each uses the one before it (FastAPI's chain of `Depends`):
//! [`BearerToken`] reads the header, [`CurrentUser`] checks the token and looks its user up, [`ActiveUser`] requires an
//! enabled user, and [`Scoped`] requires scopes. Only the last two give a handler a user: a forgotten check does not
//! compile.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{header::AUTHORIZATION, request::Parts},
};

use super::jwt::InvalidToken;
use crate::{
    error::ApiError,
    model::Scopes,
    server::{clock, state::AppState, store::UserRow},
};

/// The token of `Authorization: Bearer …` (RFC 6750 §2.1), unchecked: the tutorial's `OAuth2PasswordBearer`.
pub struct BearerToken(String);

/// The token's user, enabled or not, and the token's scopes: the tutorial's `get_current_user`.
pub struct CurrentUser {
    user: Arc<UserRow>,
    scopes: Scopes,
}

/// The token's user, who is enabled: the tutorial's `get_current_active_user`.
pub struct ActiveUser {
    /// The user, as the database has it now.
    pub user: Arc<UserRow>,
    scopes: Scopes,
}

/// The enabled user of a token that has all of these scopes: the tutorial's `Security(…, scopes=[…])`. The parameter is
/// made of the constants in [`crate::model`]: `Scoped<{ ME | ITEMS }>`.
pub struct Scoped<const NEEDED: u8>(pub Arc<UserRow>);

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

impl FromRequestParts<AppState> for CurrentUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let BearerToken(token) = BearerToken::from_request_parts(parts, state).await?;
        let token = state.keys.decode(&token, clock::unix_seconds())?;
        let user = state.store.user_behind_token(&token.username).await?.ok_or_else(ApiError::invalid_token)?;
        #[expect(clippy::cast_precision_loss, reason = "seconds fit into 53 bits")]
        let valid_from = user.tokens_valid_from as f64;
        let is_current = match token.password_version {
            // Our own tokens name the version of the password that they were issued for. No clock is needed.
            Some(version) => version == valid_from,
            // A token without `iat` counts as issued at Unix time 0.
            None => token.issued_at.unwrap_or_default() >= valid_from,
        };
        if !is_current {
            return Err(ApiError::invalid_token());
        }
        // If the user has lost a scope, the token has lost it too.
        let scopes = token.scopes.unwrap_or(user.scopes).intersection(user.scopes);
        Ok(Self { user, scopes })
    }
}

impl FromRequestParts<AppState> for ActiveUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let CurrentUser { user, scopes } = CurrentUser::from_request_parts(parts, state).await?;
        if user.disabled { Err(ApiError::inactive_user()) } else { Ok(Self { user, scopes }) }
    }
}

impl<const NEEDED: u8> FromRequestParts<AppState> for Scoped<NEEDED> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let ActiveUser { user, scopes } = ActiveUser::from_request_parts(parts, state).await?;
        let needed = Scopes::new(NEEDED);
        if scopes.contains(needed) { Ok(Self(user)) } else { Err(ApiError::insufficient_scope(needed)) }
    }
}

impl From<InvalidToken> for ApiError {
    fn from(_: InvalidToken) -> Self {
        Self::invalid_token()
    }
}

#[cfg(test)]
mod proptests;
