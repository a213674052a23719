//! An id for each request. It is in `x-request-id` of the answer and in the request's log lines. The server always
//! makes a new id: a client could send the id of another request.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

/// The header's name.
const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    /// The request that is being answered. A tracing span would also work, but would take a tenth of an answer's time.
    static CURRENT: RequestId;
}

/// A request's id.
#[derive(Clone, Copy, Debug)]
pub struct RequestId(u64);

/// Makes the ids: a counter, hashed with a random key. Two runs of the program share no id. From its own ids a client
/// cannot compute how many requests others made.
#[derive(Default)]
pub struct RequestIds {
    hasher: RandomState,
    next: AtomicU64,
}

impl RequestIds {
    /// Answers a request under a new id.
    pub async fn name<T>(&self, answer: impl Future<Output = T>) -> (RequestId, T) {
        let id = RequestId(self.hasher.hash_one(self.next.fetch_add(1, Ordering::Relaxed)));
        (id, CURRENT.scope(id, answer).await)
    }
}

impl RequestId {
    /// Puts the id on an answer.
    pub fn put_on(self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::try_from(self.to_string()) {
            headers.insert(HEADER, value);
        }
    }
}

/// The id of the current request, for a log line. `None` outside a request.
pub fn current() -> Option<RequestId> {
    CURRENT.try_get().ok()
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
