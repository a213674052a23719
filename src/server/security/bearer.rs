//! Bearer tokens, as requests carry them. What makes one valid is in `valid_token`, and what a handler takes is in `caller`.

use axum::{
    extract::FromRequestParts,
    http::{header::AUTHORIZATION, request::Parts},
};

use super::valid_token::{ValidToken, valid_token};
use crate::{error::ApiError, server::state::AppState};

/// The token of `Authorization: Bearer …` (RFC 6750 §2.1), unchecked: the tutorial's `OAuth2PasswordBearer`.
pub struct BearerToken(pub(super) String);

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

/// The token of the header, if it is good.
impl FromRequestParts<AppState> for ValidToken {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let BearerToken(token) = BearerToken::from_request_parts(parts, state).await?;
        valid_token(state, &token).await?.ok_or_else(ApiError::invalid_token)
    }
}

#[cfg(test)]
mod proptests;
