//! `POST /revoke` (RFC 7009).

use axum::{
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header::SET_COOKIE},
    response::{IntoResponse, Response},
};

use super::{body, token::BODY_LIMIT, token_form};
use crate::{
    error::ApiError,
    server::{
        accounts, clients,
        openapi::{RevocationErrors, RevocationRequestForm},
        security::{browser_cookie, client_request::ClientRequest},
        state::AppState,
    },
};

/// Revoke a token
///
/// Ends the session of a refresh token or of an access token. An access token without a session is refused from now on. The answer is
/// the same for a token that is none (RFC 7009 §2.2). A token that belongs to a confidential client is revoked by that client only,
/// which authenticates by HTTP Basic.
#[utoipa::path(
    post,
    path = "/revoke",
    tag = "OAuth2",
    operation_id = "revoke_token",
    request_body(content = RevocationRequestForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The token is good no more"), RevocationErrors),
    security((), ("HTTPBasic" = []))
)]
pub async fn revoke(State(state): State<AppState>, client: ClientRequest, request: Request) -> Response {
    match call(&state, client, request).await {
        Ok(response) => response,
        Err(error) => error.in_oauth2_words().into_response(),
    }
}

async fn call(state: &AppState, mut client: ClientRequest, request: Request) -> Result<Response, ApiError> {
    let (parts, body) = request.into_parts();
    // First, as it may take seconds: a client whose secret is replaced meanwhile revokes nothing.
    let body = body::read(&parts.headers, body, BODY_LIMIT, state.limits.body_timeout).await?;
    client.client = clients::authenticate(state, &parts.headers, client.address).await?;
    let token = token_form::read(&parts.headers, &body)?;
    let mut response = StatusCode::OK.into_response();
    let session_id = accounts::revoke(state, &token, &client).await?;
    if let Some(session_id) = session_id.filter(|id| browser_cookie::is_session_id(id)) {
        // A browser may have a cookie of it.
        let cookie = browser_cookie::clear(&session_id, state.is_reached_by_https);
        if let Ok(cookie) = HeaderValue::try_from(cookie) {
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
    }
    Ok(response)
}
