//! Where an OAuth2 client finds out how to talk to this server.

use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    model::Scopes,
    server::{docs::Refusals, state::AppState},
};

/// The authorization server's metadata (RFC 8414 §2).
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "issuer": "https://cloakroom.example.com",
    "token_endpoint": "https://cloakroom.example.com/token",
    "scopes_supported": ["me", "items", "me:write", "items:write", "admin"],
    "response_types_supported": [],
    "grant_types_supported": ["password"],
    "token_endpoint_auth_methods_supported": ["none"],
    "service_documentation": "https://cloakroom.example.com/docs",
}))]
pub struct AuthorizationServerMetadata {
    /// Where clients reach the server: an origin.
    issuer: String,
    /// Where a password is handed over for a token.
    token_endpoint: String,
    /// The scopes there are.
    scopes_supported: Vec<&'static str>,
    /// None: there is no authorization endpoint. RFC 8414 asks for the member nevertheless.
    response_types_supported: [&'static str; 0],
    /// The grants there are: `password` (RFC 6749 §4.3).
    grant_types_supported: [&'static str; 1],
    /// How a client authenticates: not at all, as the one client is first-party and public.
    token_endpoint_auth_methods_supported: [&'static str; 1],
    /// Where a person reads on.
    service_documentation: String,
}

/// Read the authorization server's metadata
///
/// Where and how an OAuth2 client gets a token (RFC 8414).
#[utoipa::path(
    get,
    path = "/.well-known/oauth-authorization-server",
    tag = "OAuth2",
    operation_id = "oauth_authorization_server",
    responses((status = 200, description = "The metadata", body = AuthorizationServerMetadata), Refusals)
)]
pub async fn oauth_authorization_server(State(state): State<AppState>) -> Json<AuthorizationServerMetadata> {
    let issuer = state.public_url;
    Json(AuthorizationServerMetadata {
        token_endpoint: format!("{issuer}/token"),
        scopes_supported: Scopes::ALL.describe().map(|(name, _)| name).collect(),
        response_types_supported: [],
        grant_types_supported: ["password"],
        token_endpoint_auth_methods_supported: ["none"],
        service_documentation: format!("{issuer}/docs"),
        issuer,
    })
}
