//! A name for each request: in `x-request-id` of its answer, and in the log lines that it leaves. It is always ours: one
//! that a client sends could be that of another's request.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

use axum::{
    http::{HeaderName, HeaderValue},
    response::Response,
};

/// The header's name.
const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    /// The request that is being answered. A tracing span would do, and cost a tenth of the time that an answer takes.
    static CURRENT: RequestId;
}

/// A request's name.
#[derive(Clone, Copy, Debug)]
pub struct RequestId(u64);

/// Makes the names: numbers, hashed with randomness. So no two runs of the program share one, and nobody can tell from
/// two of their own how many requests others made in between.
#[derive(Default)]
pub struct RequestIds {
    hasher: RandomState,
    next: AtomicU64,
}

impl RequestIds {
    /// Answers a request under a new name.
    pub async fn name(&self, answer: impl Future<Output = Response>) -> Response {
        let id = RequestId(self.hasher.hash_one(self.next.fetch_add(1, Ordering::Relaxed)));
        let mut response = CURRENT.scope(id, answer).await;
        if let Ok(value) = HeaderValue::try_from(id.to_string()) {
            response.headers_mut().insert(HEADER, value);
        }
        response
    }
}

/// The name of the request that is being answered, for a log line; empty where there is none.
pub fn current() -> Option<RequestId> {
    CURRENT.try_get().ok()
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
