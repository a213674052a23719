//! The public keys with which other services check tokens.

use axum::{Json, extract::State, http::header::CACHE_CONTROL, response::IntoResponse};
use serde::Serialize;
use utoipa::ToSchema;

use crate::server::{clock, keys::PublicKey, openapi::CommonErrors, security::jwt::Published, state::AppState};

/// How long the answer may be kept. A new key is published for twice as long before it signs.
const CACHED: &str = "public, max-age=300";

/// The public keys of this server (RFC 7517 §5).
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"keys": [{
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    "use": "sig",
    "alg": "EdDSA",
    "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
}]}))]
pub struct JsonWebKeySet {
    /// The keys. None is of a shared secret.
    keys: Vec<JsonWebKey>,
}

/// A public key (RFC 7517 §4, RFC 7518 §6.2, RFC 8037 §2).
#[derive(Serialize, ToSchema)]
pub struct JsonWebKey {
    /// The kind of key: `OKP` or `EC`.
    kty: &'static str,
    /// The curve: `Ed25519` or `P-256`.
    crv: &'static str,
    /// The point, or its first coordinate, in base64url.
    x: String,
    /// The second coordinate of a point of `P-256`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    y: Option<String>,
    /// What the key is for: always `sig`.
    #[serde(rename = "use")]
    usage: &'static str,
    /// The one algorithm that it is for: `EdDSA` or `ES256`.
    alg: &'static str,
    /// The key's id, which tokens name: its thumbprint (RFC 7638).
    kid: String,
}

impl From<Published> for JsonWebKey {
    fn from(Published { kid, algorithm, key }: Published) -> Self {
        let (kty, crv, x, y) = match key {
            PublicKey::Ed25519 { x } => ("OKP", "Ed25519", x, None),
            PublicKey::P256 { x, y } => ("EC", "P-256", x, Some(y)),
        };
        Self { kty, crv, x, y, usage: "sig", alg: algorithm.name(), kid }
    }
}

/// Read the public keys that check tokens
///
/// With these keys a service checks tokens, and cannot make any (RFC 7517). A secret that services share
/// (`token.algorithm` is HS256) is never listed. A new key is listed ten minutes before it takes the place of another one, and an old one
/// until its tokens have expired.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "OAuth2",
    operation_id = "json_web_key_set",
    responses(
        (
            status = 200,
            description = "The keys",
            body = JsonWebKeySet,
            headers(("Cache-Control" = String, description = "How long they may be kept: 300 seconds")),
        ),
        CommonErrors,
    )
)]
pub async fn json_web_key_set(State(state): State<AppState>) -> impl IntoResponse {
    let keys = state.keys.published(clock::unix_seconds()).into_iter().map(JsonWebKey::from).collect();
    ([(CACHE_CONTROL, CACHED)], Json(JsonWebKeySet { keys }))
}
