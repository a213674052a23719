//! Requests that carry the bearer token: step 5 of the flow.

use gloo_net::http::Request;
use serde::de::DeserializeOwned;

use super::{
    browser,
    flow::Exchange,
    session::{Notice, Session},
};
use crate::{error::ApiError, model::Token};

/// Sends `GET path` with the session's token. If the server refuses the token or its user, the session ends.
///
/// # Errors
/// The server's error answer, or [`ApiError::unreachable`].
pub async fn get<T: DeserializeOwned>(session: Session, path: &'static str) -> Result<T, ApiError> {
    let token = session.token().ok_or_else(ApiError::not_authenticated)?;
    let answer = get_with(session, &token, path).await;
    match &answer {
        Err(refusal) if refusal.status == 401 => session.end_of(&token, Notice::Expired),
        Err(refusal) if refusal.is_inactive_user() => session.end_of(&token, Notice::Disabled),
        _ => {}
    }
    answer
}

/// Sends `GET path` with this token, and records the request.
///
/// # Errors
/// The server's error answer, or [`ApiError::unreachable`].
pub async fn get_with<T: DeserializeOwned>(session: Session, token: &Token, path: &'static str) -> Result<T, ApiError> {
    let started = browser::stopwatch();
    let (status, answer) = fetch(token, path).await;
    session.record(Exchange { method: "GET", path, status, milliseconds: since(started) });
    serde_json::from_slice(&answer?).map_err(|_| ApiError::unreachable())
}

/// The whole milliseconds since a [`browser::stopwatch`] was started.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and that is what is wanted"
)]
pub fn since(started: f64) -> u32 {
    (browser::stopwatch() - started).round() as u32
}

/// The status of the answer, with its body or its error.
async fn fetch(token: &Token, path: &str) -> (u16, Result<Vec<u8>, ApiError>) {
    let request = Request::get(path)
        .header("Accept", "application/json")
        .header("Authorization", &format!("Bearer {}", token.access_token));
    let Ok(response) = request.send().await else { return (ApiError::UNREACHABLE, Err(ApiError::unreachable())) };
    let status = response.status();
    let retry_after = response.headers().get("retry-after").and_then(|seconds| seconds.parse().ok());
    let body = response.binary().await.map_err(|_| ApiError::unreachable());
    let refused = |body: Vec<u8>| ApiError::from_answer(status, retry_after, &body);
    (status, if response.ok() { body } else { body.and_then(|body| Err(refused(body))) })
}
