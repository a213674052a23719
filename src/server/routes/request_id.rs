//! A name for each request: in the log lines that it leaves, and in `x-request-id` of its answer. It is always ours: one
//! that a client sends could be that of another's request.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::Instrument;

/// The header's name.
const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Makes the names: a part that no other run of the program has, and a number.
pub struct RequestIds {
    run: u64,
    next: AtomicU64,
}

impl RequestIds {
    /// Names for a run that goes by `run`, a random number.
    pub fn new(run: u64) -> Self {
        Self { run, next: AtomicU64::new(1) }
    }

    /// Names a request, and answers it under that name.
    pub async fn name(&self, request: Request, next: Next) -> Response {
        let id = format!("{:016x}-{}", self.run, self.next.fetch_add(1, Ordering::Relaxed));
        let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
        let mut response = next.run(request).instrument(span).await;
        if let Ok(value) = HeaderValue::try_from(id) {
            response.headers_mut().insert(HEADER, value);
        }
        response
    }
}
