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
    /// What gets the next token (RFC 6749 §6), if the scope `offline_access` was asked for. The browser's own is in a cookie
    /// instead, which no script can read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub refresh_token: Option<String>,
}

impl Token {
    /// Whether both are the same access token. What is known of its scopes may differ.
    pub fn is_same(&self, other: &Self) -> bool {
        self.access_token == other.access_token
    }
}
