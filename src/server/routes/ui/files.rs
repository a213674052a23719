//! The files of the site, and the 404 answers.

use std::path::Path;

use axum::{
    body::Body,
    extract::{Request, State},
    http::{
        Extensions, HeaderMap, HeaderValue, Method, StatusCode, Uri, Version,
        header::{ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE},
    },
    response::{IntoResponse, Response},
};
use leptos::config::Env;
use percent_encoding::percent_decode_str;
use tower::ServiceExt;
use tower_http::services::{ServeDir, fs::ServeFileSystemResponseBody};

use super::pages;
use crate::{
    error::ApiError,
    server::{state::AppState, ui::assets::Asked},
};

/// How long a browser may keep a file that never changes: a year.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// Answers with a file of the site. If there is none, a browser gets the UI's 404 page and other clients get JSON.
pub async fn file_or_nothing(State(state): State<AppState>, request: Request) -> Response {
    let (wants_page, options) = (pages::wants_page(&request), &state.leptos_options);
    let (parts, body) = request.into_parts();
    let mut asked = Request::from_parts(parts.clone(), ());
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    if state.assets.asked_version(&parts.uri) == Asked::Other && state.leptos_options.env == Env::PROD {
        return ApiError::not_found().into_response();
    }
    if let Some(loader) = state.assets.loader(&parts.uri).filter(|_| reads) {
        return ([(CONTENT_TYPE, "text/javascript"), (CACHE_CONTROL, caching(&state, &parts.uri))], loader)
            .into_response();
    }
    if !reads {
        // Only checks whether the file exists.
        *asked.method_mut() = Method::HEAD;
    }
    let file = if is_hidden(parts.uri.path()) { None } else { serve(Path::new(&*options.site_root), asked).await };
    let status = file.as_ref().map_or(StatusCode::NOT_FOUND, |file| file.status());
    match (file, status) {
        (Some(_), StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED) if !reads => {
            let mut refused = ApiError::method_not_allowed().into_response();
            refused.headers_mut().insert(ALLOW, HeaderValue::from_static("GET,HEAD"));
            refused
        }
        (Some(mut file), StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED) => {
            file.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(caching(&state, &parts.uri)));
            file.map(Body::new)
        }
        (Some(file), StatusCode::RANGE_NOT_SATISFIABLE) => {
            let mut refused = ApiError::range_not_satisfiable().into_response();
            if let Some(size) = file.headers().get(CONTENT_RANGE) {
                refused.headers_mut().insert(CONTENT_RANGE, size.clone());
            }
            refused
        }
        (Some(_), StatusCode::PRECONDITION_FAILED) => ApiError::precondition_failed().into_response(),
        _ if reads && wants_page => pages::not_found(&state, Request::from_parts(parts, body)).await,
        _ => ApiError::not_found().into_response(),
    }
}

/// How long a browser may keep a file. The content of an address with the file's version never changes. For other
/// addresses a browser asks each time. During development it always asks.
fn caching(state: &AppState, uri: &Uri) -> &'static str {
    if state.assets.asked_version(uri) == Asked::Present && state.leptos_options.env == Env::PROD {
        FOR_GOOD
    } else {
        "no-cache"
    }
}

/// Whether an answer may be compressed while it is sent. Files may not. [`ServeDir`] sets `Accept-Ranges` on files.
pub fn is_not_a_file(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    !headers.contains_key(ACCEPT_RANGES)
}

/// Whether a part of the path begins with a dot: `.env`, `.git/config`. Such files are never served.
fn is_hidden(path: &str) -> bool {
    percent_decode_str(path).decode_utf8_lossy().split('/').any(|part| part.starts_with('.'))
}

/// An answer of [`ServeDir`].
type File = Response<ServeFileSystemResponseBody>;

/// The answer for a file, in full or in part. `None` if the file cannot be read.
async fn serve(site_root: &Path, mut request: Request<()>) -> Option<File> {
    let files =
        ServeDir::new(site_root).append_index_html_on_directories(false).precompressed_br().precompressed_gzip();
    if !is_one_byte_range(&request) {
        request.headers_mut().remove(RANGE);
    }
    let condition = request.headers_mut().remove(IF_RANGE).filter(|_| request.headers().contains_key(RANGE));
    let Some(condition) = condition else { return files.oneshot(request).await.ok() };
    let mut whole = request.clone();
    whole.headers_mut().remove(RANGE);
    // A part of one file must not be combined with a part of another (RFC 9110 §13.1.5). The ETag is strong. A date is
    // not: it counts seconds, and two encodings of a file may have the same.
    let part = files.clone().oneshot(request).await.ok()?;
    let is_same = part.headers().get(ETAG) == Some(&condition);
    match part.status() {
        StatusCode::PARTIAL_CONTENT if is_same => Some(part),
        StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => files.oneshot(whole).await.ok(),
        _ => Some(part),
    }
}

/// Whether the request asks for one range of bytes. Any other `Range` is ignored: on another method than GET, in a unit
/// that is not `bytes`, or malformed (RFC 9110 §14.2). Several ranges are answered with the whole file.
fn is_one_byte_range(request: &Request<()>) -> bool {
    let mut lines = request.headers().get_all(RANGE).iter();
    let (Some(range), None) = (lines.next(), lines.next()) else { return false };
    let range = range.to_str().unwrap_or_default().strip_prefix("bytes=").and_then(|range| range.split_once('-'));
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    request.method() == Method::GET
        && range
            .is_some_and(|(first, last)| is_number(first) && is_number(last) && !(first.is_empty() && last.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_path_that_begins_with_a_dot_is_hidden_however_it_is_written() {
        for path in ["/.env", "/%2eenv", "/pkg/.git/config", "/pkg/%2E%2E/x", "/pkg%2f.env", "/.well-known/x"] {
            assert!(is_hidden(path), "{path}");
        }
        for path in ["/", "/pkg/cloakroom.js", "/a..b", "/x."] {
            assert!(!is_hidden(path), "{path}");
        }
    }

    #[test]
    fn one_range_of_bytes_is_read_and_everything_else_is_ignored() {
        let is_read = |method: Method, range: &str| {
            let request = axum::http::Request::builder().method(method).header(RANGE, range).body(());
            is_one_byte_range(&request.expect("a request"))
        };
        for range in ["bytes=0-9", "bytes=5-", "bytes=-5", "bytes=99999999999-"] {
            assert!(is_read(Method::GET, range), "{range}");
            assert!(!is_read(Method::HEAD, range), "{range}");
        }
        for range in ["", "items=0-9", "bytes=0-1,2-3", "bytes=-", "bytes=a-b", "bytes 0-9", "bytes=0-9-", "bytes=+1-2"]
        {
            assert!(!is_read(Method::GET, range), "{range}");
        }
    }
}
