//! Surrounds every answer. If a handler panics or takes too long, the answer is like that of any other error.

use std::{panic::AssertUnwindSafe, time::Duration};

use axum::{
    http::Uri,
    response::{IntoResponse, Response},
};
use futures::FutureExt;

use crate::{error::ApiError, server::operations::request_id::current};

/// Waits for the answer to a request for `uri`, for as long as `limit`.
pub async fn guard(limit: Duration, uri: &Uri, answer: impl Future<Output = Response>) -> Response {
    let answer = tokio::time::timeout(limit, answer);
    // Unwind safe: the state that a panic leaves behind is dropped with the request.
    let error = match AssertUnwindSafe(answer).catch_unwind().await {
        Ok(Ok(response)) => return response,
        Ok(Err(_elapsed)) => {
            let path = uri.path();
            tracing::error!(request = current().map(display), %path, limit_s = limit.as_secs(), "an answer took too long");
            ApiError::too_slow()
        }
        // The program's panic hook has already logged the panic.
        Err(_panic) => ApiError::internal(),
    };
    in_words_of(uri.path(), error).into_response()
}

/// The error in the form that clients of this path expect. Clients of OAuth2's endpoints read RFC 6749's members.
pub fn in_words_of(path: &str, error: ApiError) -> ApiError {
    if ["/token", "/revoke", "/introspect"].contains(&path) { error.in_oauth2_words() } else { error }
}
