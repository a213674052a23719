//! The metadata that tells an OAuth2 client how to use this server.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    model::Scopes,
    server::{openapi::CommonErrors, state::AppState},
};

/// The authorization server's metadata (RFC 8414 §2).
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "issuer": "https://cloakroom.example.com",
    "token_endpoint": "https://cloakroom.example.com/token",
    "revocation_endpoint": "https://cloakroom.example.com/revoke",
    "introspection_endpoint": "https://cloakroom.example.com/introspect",
    "jwks_uri": "https://cloakroom.example.com/.well-known/jwks.json",
    "scopes_supported": ["me", "items", "me:write", "items:write", "admin", "offline_access"],
    "response_types_supported": [],
    "grant_types_supported": ["password", "refresh_token", "client_credentials"],
    "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
    "revocation_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
    "introspection_endpoint_auth_methods_supported": ["client_secret_basic"],
    "service_documentation": "https://cloakroom.example.com/docs",
}))]
pub struct AuthorizationServerMetadata {
    /// The origin at which clients reach the server.
    issuer: String,
    /// The URL of the token endpoint.
    token_endpoint: String,
    /// The URL of the revocation endpoint (RFC 7009).
    revocation_endpoint: String,
    /// The URL of the introspection endpoint (RFC 7662).
    introspection_endpoint: String,
    /// The URL of the public keys that check tokens (RFC 7517). Each says its algorithm: the metadata has no member for that.
    jwks_uri: String,
    /// All scopes of this server.
    scopes_supported: Vec<&'static str>,
    /// Always empty: there is no authorization endpoint. RFC 8414 requires the member.
    response_types_supported: [&'static str; 0],
    /// All grants of this server: `password` (RFC 6749 §4.3), `refresh_token` (§6) and `client_credentials` (§4.4).
    grant_types_supported: [&'static str; 3],
    /// How a client authenticates: a public one not at all, a confidential one by HTTP Basic.
    token_endpoint_auth_methods_supported: [&'static str; 2],
    /// The same, for revocation.
    revocation_endpoint_auth_methods_supported: [&'static str; 2],
    /// The same, for introspection, which is for confidential clients only.
    introspection_endpoint_auth_methods_supported: [&'static str; 1],
    /// The URL of the documentation for people.
    service_documentation: String,
}

/// Read the authorization server's metadata
///
/// Tells an OAuth2 client where and how to get a token (RFC 8414).
#[utoipa::path(
    get,
    path = "/.well-known/oauth-authorization-server",
    tag = "OAuth2",
    operation_id = "oauth_authorization_server",
    responses((status = 200, description = "The metadata", body = AuthorizationServerMetadata), CommonErrors)
)]
pub async fn oauth_authorization_server(State(state): State<AppState>) -> Json<AuthorizationServerMetadata> {
    let issuer = state.public_url.clone();
    Json(AuthorizationServerMetadata {
        token_endpoint: format!("{issuer}/token"),
        revocation_endpoint: format!("{issuer}/revoke"),
        introspection_endpoint: format!("{issuer}/introspect"),
        jwks_uri: format!("{issuer}/.well-known/jwks.json"),
        scopes_supported: Scopes::ASKABLE.names().collect(),
        response_types_supported: [],
        grant_types_supported: ["password", "refresh_token", "client_credentials"],
        token_endpoint_auth_methods_supported: ["none", "client_secret_basic"],
        revocation_endpoint_auth_methods_supported: ["none", "client_secret_basic"],
        introspection_endpoint_auth_methods_supported: ["client_secret_basic"],
        service_documentation: format!("{issuer}/docs"),
        issuer,
    })
}
