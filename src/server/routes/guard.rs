//! Surrounds every route. If a handler panics or takes too long, the answer is like that of any other error.

use std::{panic::AssertUnwindSafe, time::Duration};

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt;

use crate::{error::ApiError, server::request_id::current};

/// Answers `request` within `limit`, for use with [`axum::middleware::from_fn`].
pub async fn guard(limit: Duration, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let answer = tokio::time::timeout(limit, next.run(request));
    // Unwind safe: the state that a panic leaves behind is dropped with the request.
    let error = match AssertUnwindSafe(answer).catch_unwind().await {
        Ok(Ok(response)) => return response,
        Ok(Err(_elapsed)) => {
            tracing::error!(request = current().map(display), %path, limit_s = limit.as_secs(), "an answer took too long");
            ApiError::too_slow()
        }
        // The program's panic hook has already logged the panic.
        Err(_panic) => ApiError::internal(),
    };
    in_words_of(&path, error).into_response()
}

/// The error in the form that clients of this path expect. The token endpoint's clients read RFC 6749's members.
pub fn in_words_of(path: &str, error: ApiError) -> ApiError {
    if path == "/token" { error.in_oauth2_words() } else { error }
}
