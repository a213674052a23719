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
mod templates;
pub mod token;

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::Request,
    http::{
        HeaderMap, HeaderValue, Uri,
        header::{CACHE_CONTROL, Entry, PRAGMA},
        uri::PathAndQuery,
    },
    response::Response,
    routing::get,
};
use tower::{Layer, Service, ServiceExt, service_fn, util::MapRequestLayer};
use tower_http::{
    compression::{
        CompressionLayer,
        predicate::{DefaultPredicate, Predicate},
    },
    cors::CorsLayer,
    set_header::SetResponseHeaderLayer,
};
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use self::{
    guard::{guard, in_words_of},
    templates::Templates,
};
use super::{clock, metrics::Metrics, request_id::RequestIds, state::AppState};
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

/// The server as one service: the router, and what surrounds it. The parts around the router are plain functions. A layer
/// would cost each request several allocations.
pub fn service(
    state: AppState,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static {
    let around = Arc::new(Around {
        https: state.public_url.starts_with("https:"),
        limit: Duration::from_secs(state.limits.request_timeout.into()),
        ids: RequestIds::default(),
        templates: Templates::new(&document()),
        cors: cors::layer(&state.server.allow_origins),
        metrics: Arc::clone(&state.metrics),
        router: router(state),
    });
    service_fn(move |request: Request| {
        let around = Arc::clone(&around);
        async move { Ok(around.answer(request).await) }
    })
}

/// The router, and what surrounds it.
struct Around {
    /// Whether clients reach the server by HTTPS.
    https: bool,
    /// How long an answer may take.
    limit: Duration,
    ids: RequestIds,
    templates: Templates,
    cors: Option<CorsLayer>,
    metrics: Arc<Metrics>,
    router: Router,
}

impl Around {
    /// Answers a request. Counts it, and adds what every answer has.
    async fn answer(&self, request: Request) -> Response {
        let request = without_trailing_slash(request);
        let (method, route) = (request.method().clone(), self.templates.of(request.uri().path()));
        let answer = async {
            let started = clock::monotonic();
            let response = self.open_to_origins(request).await;
            self.metrics.request(&method, route, response.status(), started.elapsed());
            response
        };
        let (id, mut response) = self.ids.name(answer).await;
        let headers = response.headers_mut();
        id.put_on(headers);
        never_stored_by_default(headers);
        armour::put_on(self.https, headers);
        response
    }

    /// Lets pages of the listed origins read the answer, also an error.
    async fn open_to_origins(&self, request: Request) -> Response {
        match &self.cors {
            Some(cors) if !cors::is_plain_options(&request) => {
                let guarded = service_fn(|request| async { Ok(self.guarded(request).await) });
                cors.layer(guarded).oneshot(request).await.unwrap_or_else(|never: Infallible| match never {})
            }
            _ => self.guarded(request).await,
        }
    }

    async fn guarded(&self, request: Request) -> Response {
        let uri = request.uri().clone();
        guard(self.limit, &uri, self.routed(request)).await
    }

    /// Refuses a request whose header breaks HTTP's own rules. Routes the others.
    async fn routed(&self, request: Request) -> Response {
        match protocol::check(&request) {
            // A router is always ready.
            Ok(()) => self.router.clone().call(request).await.unwrap_or_else(|never| match never {}),
            Err(error) => protocol::refuse(in_words_of(request.uri().path(), error)),
        }
    }
}

/// The router with every URL of the server.
fn router(state: AppState) -> Router {
    let not_allowed = async |uri: Uri| in_words_of(uri.path(), ApiError::method_not_allowed());
    let personal = personal().0.method_not_allowed_fallback(not_allowed);
    let public = public()
        .0
        .route(docs::PAGE_PATH, get(docs::page))
        .route(docs::FILE_PATH, get(docs::file))
        .merge(pages::routes(&state))
        .method_not_allowed_fallback(not_allowed)
        .fallback(files::file_or_nothing)
        // Not around the personal routes: a secret is never compressed together with text that a client sent. Files are
        // not compressed here either: their validators and ranges describe the bytes on the disk.
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(files::is_not_a_file)))
        .layer(MapRequestLayer::new(accept_encoding::without_the_impossible))
        .layer(SetResponseHeaderLayer::if_not_present(CACHE_CONTROL, HeaderValue::from_static("no-cache")));
    personal.merge(public).with_state(state)
}

/// Forbids caches to keep an answer (RFC 6749 §5.1 for the token), unless the route says otherwise: the public ones do.
fn never_stored_by_default(headers: &mut HeaderMap) {
    if let Entry::Vacant(caching) = headers.entry(CACHE_CONTROL) {
        caching.insert(HeaderValue::from_static("no-store"));
        headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    }
}

/// Removes one slash at the end of the path: the answer is the same with and without it. A path with several slashes at
/// the end is a different path, also for the router in the browser.
fn without_trailing_slash(mut request: Request) -> Request {
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
