//! `POST /introspect` (RFC 7662).

use axum::{
    Json,
    extract::{Request, State},
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};

use super::{body, token::BODY_LIMIT};
use crate::{
    error::ApiError,
    model::Introspection,
    oauth2::form,
    server::{
        clients,
        openapi::{IntrospectionErrors, IntrospectionRequestForm},
        security::{caller::refuse_key, client_request::ClientRequest},
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
pub async fn introspect(State(state): State<AppState>, client: ClientRequest, request: Request) -> Response {
    match call(&state, &client, request).await {
        Ok(known) => Json(known).into_response(),
        Err(error) => error.in_oauth2_words().into_response(),
    }
}

async fn call(state: &AppState, client: &ClientRequest, request: Request) -> Result<Introspection, ApiError> {
    let (parts, body) = request.into_parts();
    refuse_key(&parts.headers)?;
    let authenticated = clients::authenticate(state, &parts.headers, client.address).await?;
    authenticated.ok_or_else(ApiError::invalid_client)?;
    let media_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    form::check_media_type(media_type)?;
    let body = body::read(&parts.headers, body, BODY_LIMIT, state.limits.body_timeout).await?;
    let [token, _] = form::read(&body, ["token", "token_type_hint"])?;
    let token = token.ok_or_else(|| ApiError::invalid_request("The field token is required"))?;
    clients::introspect(state, &token).await
}
