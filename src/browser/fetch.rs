//! Requests to this server, by the browser's `fetch`.

use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestInit, Response};

use super::{json::Json, since, stopwatch};
use crate::error::{ApiError, Detail, ErrorBody};

/// An answer of the server.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u32>,
    /// `ETag`: the version of what was sent (RFC 9110 §8.8.3).
    pub etag: Option<String>,
    /// `WWW-Authenticate`: why a token is refused (RFC 6750 §3).
    pub challenge: Option<String>,
    /// The body.
    pub body: String,
    /// The time from the request to the answer, in milliseconds.
    pub milliseconds: u32,
}

/// How long an answer may take, in milliseconds. The server's own limits are shorter.
const PATIENCE: u32 = 60_000;

/// Sends a request. `None` if no answer came.
pub async fn send(method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Option<Answer> {
    try_send(method, path, headers, body).await.ok()
}

async fn try_send(method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> Result<Answer, JsValue> {
    let started = stopwatch();
    let request = RequestInit::new();
    request.set_method(method);
    request.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE)));
    let sent = Headers::new()?;
    for (name, value) in headers {
        sent.set(name, value)?;
    }
    request.set_headers(&sent);
    if let Some(body) = body {
        request.set_body(&body.into());
    }
    let response: Response = JsFuture::from(window().fetch_with_str_and_init(path, &request)).await?.unchecked_into();
    let headers = response.headers();
    let header = |name| headers.get(name).ok().flatten();
    let body = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    Ok(Answer {
        status: response.status(),
        retry_after: header("retry-after").and_then(|seconds| seconds.parse().ok()),
        etag: header("etag"),
        challenge: header("www-authenticate"),
        body,
        milliseconds: since(started),
    })
}

impl Answer {
    /// The body of a success.
    ///
    /// # Errors
    /// The server's error. An error without this API's JSON comes from something between the browser and the server.
    /// The server then counts as unreachable.
    pub fn into_body(self) -> Result<String, ApiError> {
        if self.status < 400 {
            return Ok(self.body);
        }
        let Some(body) = Json::parse(&self.body) else { return Err(ApiError::unreachable()) };
        // The entries of a 422 are read by `app::client`, with serde_json.
        let detail =
            body.member("detail").text().map_or_else(|| Detail::Fields(Vec::new()), |text| Detail::Text(text.into()));
        Err(ApiError {
            status: self.status,
            body: ErrorBody { detail, error: None, error_description: None },
            challenge: self.challenge,
            retry_after: self.retry_after,
        })
    }
}
