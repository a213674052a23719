//! Metrics for Prometheus. Each part of the server keeps its own numbers. This module names the numbers, and serves
//! them at a separate address, which is not public.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{Method, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use crate::server::{security::password::Passwords, store::Store};

/// Bounds of the histograms, in seconds. An answer takes a millisecond, a login a tenth of a second.
const SECONDS: [f64; 13] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// A histogram of durations.
pub fn durations() -> Histogram {
    Histogram::new(SECONDS)
}

/// The registry of all numbers, and the numbers that are kept here.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Histogram>,
    logins: Family<LoginLabels, Counter>,
    sign_ups: Family<SignUpLabels, Counter>,
    renewals: Family<RenewalLabels, Counter>,
    /// Connections that are open.
    pub connections: Gauge,
    hashing: Gauge,
    passwords: Arc<Passwords>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    /// The route's template.
    route: Arc<str>,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LoginLabels {
    outcome: LoginOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SignUpLabels {
    outcome: SignUpOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RenewalLabels {
    outcome: RenewalOutcome,
}

/// How the use of a refresh token ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[expect(non_camel_case_types, reason = "the variants are the labels")]
pub enum RenewalOutcome {
    /// The next token took its place.
    succeeded,
    /// It was used a moment before, and got the same next token.
    repeated,
    /// It was an old one: its session has ended.
    reused,
    /// It was not good.
    refused,
}

/// How a sign-up ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[expect(non_camel_case_types, reason = "the variants are the labels")]
pub enum SignUpOutcome {
    /// The account was created.
    created,
    /// The username or the e-mail address is somebody else's.
    taken,
    /// Too many sign-ups came from this address.
    throttled,
    /// Refused: the hashing queue was full.
    busy,
    /// Not decided: the server had an error.
    error,
}

/// How a login ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
#[expect(non_camel_case_types, reason = "the variants are the labels")]
pub enum LoginOutcome {
    /// The password was right. The login may still get no token: the scope may be wrong.
    succeeded,
    /// The password was wrong, or the user does not exist.
    failed,
    /// Refused before the password was checked: too many logins failed.
    throttled,
    /// Refused before the password was checked: the queue is full.
    busy,
    /// Not decided: the server had an error.
    error,
}

impl Metrics {
    /// The numbers of a server with this store and these hashing threads. `hash_seconds` is the histogram that the
    /// threads were started with.
    pub fn new(store: &Store, passwords: Arc<Passwords>, hash_seconds: Histogram) -> Self {
        let mut registry = Registry::with_prefix("cloakroom");
        let requests = Family::<_, _, fn() -> Histogram>::new_with_constructor(durations);
        let (logins, sign_ups, renewals) = (Family::default(), Family::default(), Family::default());
        let (connections, hashing) = (Gauge::default(), Gauge::default());
        registry.register("http_request_duration_seconds", "Requests, and the time to answer them", requests.clone());
        registry.register("logins", "Logins, by outcome", logins.clone());
        registry.register("sign_ups", "Sign-ups, by outcome", sign_ups.clone());
        registry.register("session_renewals", "Uses of refresh tokens, by outcome", renewals.clone());
        registry.register("connections", "Connections that are open", connections.clone());
        registry.register("hashing_queue", "Logins that hash or wait to hash", hashing.clone());
        registry.register("hash_duration_seconds", "Time to compute one hash", hash_seconds);
        registry.register("user_cache_hits", "Users of a token that were cached", store.cache.hits.clone());
        registry.register("user_cache_misses", "Users of a token that were not cached", store.cache.misses.clone());
        Self { registry, requests, logins, sign_ups, renewals, connections, hashing, passwords }
    }

    /// Counts a login.
    pub fn login(&self, outcome: LoginOutcome) {
        self.logins.get_or_create(&LoginLabels { outcome }).inc();
    }

    /// Counts a sign-up.
    pub fn sign_up(&self, outcome: SignUpOutcome) {
        self.sign_ups.get_or_create(&SignUpLabels { outcome }).inc();
    }

    /// Counts a use of a refresh token.
    pub fn renewal(&self, outcome: RenewalOutcome) {
        self.renewals.get_or_create(&RenewalLabels { outcome }).inc();
    }

    /// Counts and times an answer. `route` is a template, not a path: a client must not be able to choose a label.
    pub fn request(&self, method: &Method, route: Arc<str>, status: StatusCode, took: Duration) {
        let labels = RequestLabels { method: known(method), route, status: status.as_u16() };
        self.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }
}

/// The method's name, or `other`: a client can invent any number of names.
fn known(method: &Method) -> &'static str {
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        .into_iter()
        .find(|name| method == name)
        .unwrap_or("other")
}

/// The router of the metrics' own address.
pub fn router(metrics: Arc<Metrics>) -> Router {
    Router::new().route("/metrics", get(read_metrics)).with_state(metrics)
}

async fn read_metrics(State(metrics): State<Arc<Metrics>>) -> Response {
    metrics.hashing.set(i64::try_from(metrics.passwords.queue_length()).unwrap_or(i64::MAX));
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = encode(&mut text, &metrics.registry);
    ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
}
