//! The URL table, and the translation between HTTP and what is decided. The contract: every error is JSON with a
//! `detail`, and only page requests get HTML.

mod answer;
mod me;
mod pages;
pub mod token;

use axum::{
    Router,
    extract::Request,
    http::{
        HeaderValue, Uri,
        header::{CACHE_CONTROL, PRAGMA},
        uri::PathAndQuery,
    },
    routing::{get, post},
};
use tower_http::{catch_panic::CatchPanicLayer, set_header::SetResponseHeaderLayer};

use super::state::AppState;
use crate::error::ApiError;

/// The first parts of the API's paths: what is below them is answered in JSON, whoever asks.
const API: [&str; 4] = ["token", "users", "items", "status"];

/// Every URL this server answers.
pub fn router(state: AppState) -> Router {
    let api = Router::new()
        .route("/token", post(token::answer))
        .route("/users/me", get(me::read_users_me))
        .route("/users/me/items", get(me::read_own_items))
        .route("/status", get(me::read_system_status))
        .method_not_allowed_fallback(|uri: Uri| async move {
            let refusal = ApiError::method_not_allowed();
            if uri.path() == "/token" { refusal.in_oauth2_words() } else { refusal }
        })
        // Personal, all of it: no cache may keep an answer (RFC 6749 §5.1 for the token).
        .layer(SetResponseHeaderLayer::overriding(CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .layer(SetResponseHeaderLayer::overriding(PRAGMA, HeaderValue::from_static("no-cache")));
    pages::add(api, &state)
        .layer(CatchPanicLayer::custom(|_panic| {
            // The panic itself is on standard error already.
            axum::response::IntoResponse::into_response(ApiError::internal())
        }))
        .with_state(state)
}

/// The same request, one slash at the end of its path left out: a path answers the same with and without it. More than
/// one make it another path, for the router in the browser too.
pub fn without_trailing_slash(mut request: Request) -> Request {
    if !request.uri().path_and_query().is_some_and(|target| target.path().starts_with('/')) {
        // `GET x` and `OPTIONS *` name no path. There is nothing here, and no file can be of that name.
        *request.uri_mut() = Uri::from_static("/%00");
    }
    let uri = request.uri();
    let trimmed = uri.path().strip_suffix('/').filter(|path| !path.is_empty() && !path.ends_with('/'));
    let path_and_query = trimmed.and_then(|path| match uri.query() {
        Some(query) => format!("{path}?{query}").parse::<PathAndQuery>().ok(),
        None => path.parse().ok(),
    });
    if let Some(path_and_query) = path_and_query {
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = Some(path_and_query);
        if let Ok(uri) = Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
    }
    request
}
