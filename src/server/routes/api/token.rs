//! `POST /token`: the handler around the server function.

use axum::{
    body::Body,
    extract::{Request, State},
    http::header::{ACCEPT, REFERER},
    response::{IntoResponse, Response},
};
use leptos::prelude::provide_context;

use super::body;
use crate::{
    error::ApiError,
    model::Token,
    oauth2::ErrorSlot,
    server::{
        clients,
        openapi::{TokenErrors, TokenRequest},
        security::client_request::ClientRequest,
        state::AppState,
    },
};

/// The largest form that is read, in bytes.
pub(super) const BODY_LIMIT: usize = 16 * 1024;

/// Log in for an access token
///
/// The password grant (RFC 6749 §4.3): send a username and a password, and get a bearer token. With the scope `offline_access` a
/// session begins, and there is a refresh token too. The refresh token grant (§6): send the refresh token, and get the next bearer
/// token and the next refresh token. The client credentials grant (§4.4): a confidential client gets a token of its own. It authenticates
/// by HTTP Basic. With the other two grants it may do so too: a session that begins so belongs to the client, and only that client goes
/// on with it.
// Calls the server function. Errors get OAuth2's members.
#[utoipa::path(
    post,
    path = "/token",
    tag = "OAuth2",
    operation_id = "login_for_access_token",
    request_body(
        content = TokenRequest,
        content_type = "application/x-www-form-urlencoded"
    ),
    responses((status = 200, description = "A bearer token", body = Token), TokenErrors),
    security((), ("HTTPBasic" = []), ("APIKeyCookie" = []))
)]
pub async fn answer(State(state): State<AppState>, client: ClientRequest, request: Request) -> Response {
    match call(state, client, request).await {
        Ok(response) => response,
        Err(error) => error.in_oauth2_words().into_response(),
    }
}

async fn call(state: AppState, mut client: ClientRequest, request: Request) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    // Leptos would redirect a browser that asks for HTML to its previous page, and the token would be lost.
    parts.headers.remove(ACCEPT);
    parts.headers.remove(REFERER);
    client.client = clients::authenticate(&state, &parts.headers, client.address).await?;
    let body = body::read(&parts.headers, body, BODY_LIMIT, state.limits.body_timeout).await?;
    let slot = ErrorSlot::default();
    let provided = slot.clone();
    let context = move || {
        provide_context(state.clone());
        provide_context(client.clone());
        provide_context(provided.clone());
    };
    let request = Request::from_parts(parts, Body::from(body));
    let response = leptos_axum::handle_server_fns_with_context(context, request).await.into_response();
    match slot.get() {
        Some(error) => Err(error),
        None => Ok(response),
    }
}
