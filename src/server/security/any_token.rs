//! The extractor for calls that any valid token or key may make, also a client's own token.

use axum::{extract::FromRequestParts, http::request::Parts};

use super::{api_key_header::API_KEY_HEADER, caller::ActiveUser, valid_token::ValidToken};
use crate::{error::ApiError, server::state::AppState};

/// A valid token or key of a user who is enabled, or a client's own token. It does not tell which.
pub struct AnyToken;

impl FromRequestParts<AppState> for AnyToken {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        if parts.headers.contains_key(API_KEY_HEADER) {
            return ActiveUser::from_request_parts(parts, state).await.map(|_user| Self);
        }
        match ValidToken::from_request_parts(parts, state).await? {
            ValidToken::OfUser(token) if token.user.disabled => Err(ApiError::inactive_user()),
            ValidToken::OfUser(_) | ValidToken::OfClient(_) => Ok(Self),
        }
    }
}
