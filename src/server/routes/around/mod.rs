//! What surrounds the router: the request's id and trailing slash, broken headers, time limits, CORS, metrics, and the
//! headers of every answer. These parts are plain functions. A layer would cost each request several allocations.

mod armour;
mod cors;
pub mod guard;
mod protocol;
mod templates;

pub use self::{
    armour::{DOCS_POLICY, set_page_policy},
    templates::Templates,
};

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
};
use tower::{Layer, Service, ServiceExt, service_fn};
use tower_http::cors::CorsLayer;

use self::guard::{guard, in_words_of};
use crate::server::{
    clock,
    operations::{metrics::Metrics, request_id::RequestIds},
    state::AppState,
};

/// How many headers an answer gets here at most. Making room for all of them at once costs less than growing twice.
const MOST_ADDED: usize = 10;

/// The server as one service: `router`, and what surrounds it. `templates` are those of all its routes.
pub fn surrounded(
    state: AppState,
    router: Router,
    templates: Templates,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static {
    let around = Arc::new(Around {
        https: state.public_url.starts_with("https:"),
        limit: Duration::from_secs(state.limits.request_timeout.into()),
        ids: RequestIds::default(),
        templates,
        cors: cors::layer(&state.server.allow_origins),
        metrics: Arc::clone(&state.metrics),
        router,
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
        headers.reserve(MOST_ADDED);
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
                // In a box, as it is much larger than the other branch.
                Box::pin(cors.layer(guarded).oneshot(request)).await.unwrap_or_else(|never: Infallible| match never {})
            }
            _ => self.guarded(request).await,
        }
    }

    async fn guarded(&self, request: Request) -> Response {
        let uri = request.uri().clone();
        // In a box: each function around it would otherwise copy the whole future.
        guard(self.limit, &uri, Box::pin(self.routed(request))).await
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
