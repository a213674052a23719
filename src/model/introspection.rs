//! What is known of a token.

use serde::Serialize;
use utoipa::ToSchema;

/// The answer of `POST /introspect` (RFC 7662 §2.2). What the token does not have is left out. Of a token that opens nothing there is
/// only `active`.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[schema(example = json!({
    "active": true,
    "scope": "me items",
    "username": "johndoe",
    "sub": "johndoe",
    "token_type": "bearer",
    "exp": 1_764_153_000,
    "iat": 1_764_151_200,
    "jti": "0e6f6b9c-6f5e-4d53-9c55-1c8bd1d6e8b3",
    "sid": "0198c0de-5e55-7000-8000-000000000001",
}))]
pub struct Introspection {
    /// Whether this server would take the token now.
    pub active: bool,
    /// The token's scopes, separated by spaces: those that its user still has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub scope: Option<String>,
    /// The id of a client: of its own token, or of a refresh token that belongs to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub client_id: Option<String>,
    /// The name of the token's user. A client's own token has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub username: Option<String>,
    /// The username, or the client's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sub: Option<String>,
    /// `bearer`. A refresh token has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub token_type: Option<&'static str>,
    /// When the token expires, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub exp: Option<i64>,
    /// When the token was issued, in Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub iat: Option<i64>,
    /// The token's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub jti: Option<String>,
    /// The id of the token's session.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sid: Option<String>,
}
