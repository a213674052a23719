//! The API key of a request: [`ApiKeyHeader`] reads the header, and [`KeyUser`] looks the key and its user up. What a handler takes is
//! in `caller`. Guesses are not counted, as nobody can guess 256 random bits.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};

use super::api_key::ApiKeyText;
use crate::{
    error::ApiError,
    model::Scopes,
    server::{
        clock,
        state::AppState,
        store::{KeyWithUser, UserRow},
    },
};

/// The header that has the key. A key in the query is not read: it would be in every log.
pub const API_KEY_HEADER: &str = "x-api-key";

/// The key of the header `X-API-Key`, which is not looked up yet: FastAPI's `APIKeyHeader`.
pub struct ApiKeyHeader(ApiKeyText);

/// The user of a good key, enabled or not.
pub struct KeyUser {
    /// The user, as the database has it now.
    pub user: Arc<UserRow>,
    /// The key's scopes that the user has now.
    pub scopes: Scopes,
    /// The key.
    pub key: Arc<KeyWithUser>,
}

impl<S: Send + Sync> FromRequestParts<S> for ApiKeyHeader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let mut headers = parts.headers.get_all(API_KEY_HEADER).iter();
        let header = headers.next().ok_or_else(ApiError::not_authenticated)?;
        if headers.next().is_some() {
            return Err(ApiError::repeated_api_key());
        }
        let key = header.to_str().ok().and_then(ApiKeyText::parse);
        key.map(Self).ok_or_else(ApiError::invalid_api_key)
    }
}

impl FromRequestParts<AppState> for KeyUser {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let ApiKeyHeader(key) = ApiKeyHeader::from_request_parts(parts, state).await?;
        let now = clock::unix_milliseconds();
        let key = state.store.user_behind_key(key.digest()).await?;
        let is_over = |key: &Arc<KeyWithUser>| key.expires_at.is_some_and(|end| end <= now);
        let key = key.filter(|key| !is_over(key)).ok_or_else(ApiError::invalid_api_key)?;
        state.key_uses.note(&key, now);
        // If the user has lost a scope, the key has lost it too.
        let scopes = key.granted.intersection(key.user.scopes);
        Ok(Self { user: Arc::clone(&key.user), scopes, key })
    }
}
