//! What surrounds every route: a handler that panics and one that takes too long become answers like every other error.

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
    // Nothing that a panic may have left half done is looked at afterwards: it goes with the request.
    let refusal = match AssertUnwindSafe(answer).catch_unwind().await {
        Ok(Ok(response)) => return response,
        Ok(Err(_elapsed)) => {
            tracing::error!(request = current().map(display), %path, limit_s = limit.as_secs(), "an answer took too long");
            ApiError::too_slow()
        }
        // The panic itself was logged by the hook that `main` sets.
        Err(_panic) => ApiError::internal(),
    };
    in_words_of(&path, refusal).into_response()
}

/// The refusal as clients of this path expect it: those of the token endpoint read RFC 6749's members.
pub fn in_words_of(path: &str, refusal: ApiError) -> ApiError {
    if path == "/token" { refusal.in_oauth2_words() } else { refusal }
}
