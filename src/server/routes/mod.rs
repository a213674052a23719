//! The URL table. The handlers translate between HTTP and the rest of the server. The contract: every error is JSON
//! with a `detail`, and only page requests get HTML.

mod accept_encoding;
mod answer;
mod armour;
mod cors;
mod docs;
mod files;
pub mod guard;
mod health;
mod me;
mod metadata;
mod pages;
mod protocol;
mod status;
pub mod token;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::Request,
    http::{
        HeaderValue, Uri,
        header::{CACHE_CONTROL, PRAGMA},
        uri::PathAndQuery,
    },
    middleware::{Next, from_fn},
    response::Response,
    routing::get,
};
use tower::util::MapRequestLayer;
use tower_http::{
    compression::{
        CompressionLayer,
        predicate::{DefaultPredicate, Predicate},
    },
    set_header::SetResponseHeaderLayer,
};
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use self::guard::{guard, in_words_of};
use super::{metrics::observe, request_id::RequestIds, state::AppState};
use crate::{error::ApiError, server::openapi};

/// The first parts of the API's paths. Every answer below them is JSON, also for browsers.
const API: [&str; 7] = [".well-known", "health", "items", "openapi.json", "status", "token", "users"];

/// The routes with personal answers, and their part of the document.
fn personal() -> (Router<AppState>, OpenApi) {
    let (router, mut document) = OpenApiRouter::with_openapi(openapi::frame())
        .routes(routes!(token::answer))
        .routes(routes!(me::read_users_me))
        .routes(routes!(me::read_own_items))
        .routes(routes!(status::read_system_status))
        .split_for_parts();
    openapi::never_stored(&mut document);
    (router, document)
}

/// The routes with the same answers for every client, and their part of the document.
fn public() -> (Router<AppState>, OpenApi) {
    OpenApiRouter::default()
        .routes(routes!(metadata::oauth_authorization_server))
        .routes(routes!(docs::openapi))
        .routes(routes!(health::read_liveness))
        .routes(routes!(health::read_readiness))
        .split_for_parts()
}

/// The OpenAPI document, made from the routes.
pub fn document() -> OpenApi {
    let mut document = personal().1;
    document.merge(public().1);
    document
}

/// The router with every URL of the server.
pub fn router(state: AppState) -> Router {
    let (limit, metrics) = (Duration::from_secs(state.limits.request_timeout.into()), Arc::clone(&state.metrics));
    let around_each = from_fn(move |request: Request, next: Next| {
        let metrics = Arc::clone(&metrics);
        async move { observe(&metrics, request, |request| guard(limit, request, next)).await }
    });
    let (https, ids) = (state.public_url.starts_with("https:"), Arc::<RequestIds>::default());
    let around_all = from_fn(move |request: Request, next: Next| {
        let ids = Arc::clone(&ids);
        async move { armour::put_on(https, ids.name(answer(request, next)).await) }
    });
    let not_allowed = async |uri: Uri| in_words_of(uri.path(), ApiError::method_not_allowed());
    let personal = personal()
        .0
        .method_not_allowed_fallback(not_allowed)
        .layer(around_each.clone())
        // No cache may keep an answer (RFC 6749 §5.1 for the token).
        .layer(SetResponseHeaderLayer::overriding(CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .layer(SetResponseHeaderLayer::overriding(PRAGMA, HeaderValue::from_static("no-cache")));
    let public = public()
        .0
        .route("/docs", get(docs::page))
        .route("/docs/{name}", get(docs::file))
        .merge(pages::routes(&state))
        .method_not_allowed_fallback(not_allowed)
        .fallback(files::file_or_nothing)
        .layer(around_each)
        // Not around the personal routes: a secret is never compressed together with text that a client sent. Files are
        // not compressed here either: their validators and ranges describe the bytes on the disk.
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(files::is_not_a_file)))
        .layer(MapRequestLayer::new(accept_encoding::without_the_impossible))
        .layer(SetResponseHeaderLayer::if_not_present(CACHE_CONTROL, HeaderValue::from_static("no-cache")));
    let origins = state.server.allow_origins.clone();
    cors::open_to(&origins, personal.merge(public).with_state(state)).layer(around_all)
}

/// Answers a request. Refuses it if its header breaks HTTP's own rules.
async fn answer(request: Request, next: Next) -> Response {
    match protocol::check(&request) {
        Ok(()) => next.run(request).await,
        Err(error) => protocol::refuse(in_words_of(request.uri().path(), error)),
    }
}

/// Removes one slash at the end of the path: the answer is the same with and without it. A path with several slashes at
/// the end is a different path, also for the router in the browser.
pub fn without_trailing_slash(mut request: Request) -> Request {
    if !request.uri().path_and_query().is_some_and(|target| target.path().starts_with('/')) {
        // `GET x` and `OPTIONS *` name no path. They get a path that no route and no file can have.
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
