//! The URL table, and the translation between HTTP and what is decided. The contract: every error is JSON with a
//! `detail`, and only page requests get HTML.

mod answer;
mod me;
mod pages;
pub mod token;

use axum::{
    Router,
    http::{
        HeaderValue,
        header::{CACHE_CONTROL, PRAGMA},
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
        .method_not_allowed_fallback(|uri: axum::http::Uri| async move {
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
