//! The token endpoint's answer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A successful answer of `POST /token` (RFC 6749 §5.1; the tutorial's `Token`).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "access_token": "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqb2huZG9lIn0.5NyJfVY2…",
    "token_type": "bearer",
    "expires_in": 1800,
    "scope": "me items me:write items:write",
}))]
pub struct Token {
    /// The JWT to send as `Authorization: Bearer …`.
    pub access_token: String,
    /// Always `bearer`.
    #[schema(pattern = "^bearer$")]
    pub token_type: String,
    /// How long the token is valid, in seconds from now.
    pub expires_in: u32,
    /// The token's scopes: names separated by spaces.
    pub scope: String,
}
