//! What the server counts, for Prometheus. Each number is kept where it arises; here they get their names, and their
//! address of their own, which is nobody's business outside.

use std::time::Duration;

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use super::{clock, security::password::Passwords, state::AppState, store::Store};

/// Bounds of the histograms, in seconds: an answer takes a millisecond, a login a tenth of a second.
const SECONDS: [f64; 13] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// A histogram of durations.
pub fn durations() -> Histogram {
    Histogram::new(SECONDS)
}

/// The numbers.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Histogram>,
    logins: Family<LoginLabels, Counter>,
    /// Connections that are open.
    pub connections: Gauge,
    hashing: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    /// The route's template, and nothing that a client can choose.
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LoginLabels {
    outcome: LoginOutcome,
}

/// How a login ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[expect(non_camel_case_types, reason = "they are the labels")]
pub enum LoginOutcome {
    /// With a token, or with the wrong scope.
    succeeded,
    /// The wrong password, or no such user.
    failed,
    /// Too many failures before.
    throttled,
    /// Too many at once.
    busy,
}

impl Metrics {
    /// The numbers of a server with this store and these hashing threads.
    pub fn new(store: &Store, passwords: &Passwords) -> Self {
        let metrics = Self {
            registry: Registry::with_prefix("cloakroom"),
            requests: Family::new_with_constructor(durations),
            logins: Family::default(),
            connections: Gauge::default(),
            hashing: Gauge::default(),
        };
        let Self { mut registry, requests, logins, connections, hashing } = metrics;
        registry.register("http_request_duration_seconds", "Requests, and the time to their answers", requests.clone());
        registry.register("logins", "Logins, by outcome", logins.clone());
        registry.register("connections", "Connections that are open", connections.clone());
        registry.register("hashing_queue", "Logins that hash or wait for it", hashing.clone());
        registry.register("hash_duration_seconds", "Time to compute one hash", passwords.seconds.clone());
        registry.register("user_cache_hits", "Users behind a token that were remembered", store.cache.hits.clone());
        registry.register("user_cache_misses", "Users behind a token that were read", store.cache.misses.clone());
        Self { registry, requests, logins, connections, hashing }
    }

    /// Counts a login.
    pub fn login(&self, outcome: LoginOutcome) {
        self.logins.get_or_create(&LoginLabels { outcome }).inc();
    }

    fn request(&self, method: &Method, route: Option<&MatchedPath>, status: StatusCode, took: Duration) {
        let labels = RequestLabels {
            method: known(method),
            route: route.map_or("none", MatchedPath::as_str).to_owned(),
            status: status.as_u16(),
        };
        self.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }
}

/// The method's name, if it is one that a server knows: the others are as many as clients make up.
fn known(method: &Method) -> &'static str {
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        .into_iter()
        .find(|name| method == name)
        .unwrap_or("other")
}

/// Counts and times the answer to `request`.
pub async fn observe<F: Future<Output = Response>>(
    metrics: &Metrics,
    request: Request,
    answer: impl FnOnce(Request) -> F,
) -> Response {
    let (method, route) = (request.method().clone(), request.extensions().get::<MatchedPath>().cloned());
    let started = clock::monotonic();
    let response = answer(request).await;
    metrics.request(&method, route.as_ref(), response.status(), started.elapsed());
    response
}

/// What is served on the metrics' own address.
pub fn router(state: AppState) -> Router {
    Router::new().route("/metrics", get(read_metrics)).with_state(state)
}

async fn read_metrics(State(state): State<AppState>) -> Response {
    state.metrics.hashing.set(i64::try_from(state.passwords.in_hand()).unwrap_or(i64::MAX));
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = encode(&mut text, &state.metrics.registry);
    ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
}
