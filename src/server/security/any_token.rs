//! The extractor for calls that any valid token or key may make, also a client's own token.

use axum::{extract::FromRequestParts, http::request::Parts};

use super::{api_key_header::API_KEY_HEADER, bearer::BearerToken, caller::ActiveUser, valid_token::valid_client_token};
use crate::{error::ApiError, server::state::AppState};

/// A valid token or key of a user who is enabled, or a client's own token. It does not tell which.
pub struct AnyToken;

impl FromRequestParts<AppState> for AnyToken {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let has_key = parts.headers.contains_key(API_KEY_HEADER);
        if !has_key
            && let Ok(BearerToken(token)) = BearerToken::from_request_parts(parts, state).await
            && valid_client_token(state, &token).await?.is_some()
        {
            return Ok(Self);
        }
        ActiveUser::from_request_parts(parts, state).await.map(|_user| Self)
    }
}
