//! `POST /introspect` (RFC 7662).

use axum::{
    Json,
    extract::{Request, State},
    response::{IntoResponse, Response},
};

use super::{body, token::BODY_LIMIT, token_form};
use crate::{
    error::ApiError,
    model::Introspection,
    server::{
        clients,
        openapi::{IntrospectionErrors, IntrospectionRequestForm},
        security::address::ClientAddress,
        state::AppState,
    },
};

/// Ask about a token
///
/// Tells a confidential client, which authenticates by HTTP Basic, whether this server would take a token now, and what it is good
/// for: an access token, or the present refresh token of a session, which is not used by this. Of anything else the answer is
/// `{"active":false}` (RFC 7662 §2.2).
#[utoipa::path(
    post,
    path = "/introspect",
    tag = "OAuth2",
    operation_id = "introspect_token",
    request_body(content = IntrospectionRequestForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "What is known of the token", body = Introspection), IntrospectionErrors),
    security(("HTTPBasic" = []))
)]
pub async fn introspect(State(state): State<AppState>, address: ClientAddress, request: Request) -> Response {
    match call(&state, address, request).await {
        Ok(known) => Json(known).into_response(),
        Err(error) => error.in_oauth2_words().into_response(),
    }
}

async fn call(state: &AppState, address: ClientAddress, request: Request) -> Result<Introspection, ApiError> {
    let (parts, body) = request.into_parts();
    // First, as it may take seconds: a client whose secret is replaced meanwhile is told nothing.
    let body = body::read(&parts.headers, body, BODY_LIMIT, state.limits.body_timeout).await?;
    clients::authenticate(state, &parts.headers, address).await?.ok_or_else(ApiError::invalid_client)?;
    let token = token_form::read(&parts.headers, &body)?;
    clients::introspect(state, &token).await
}
