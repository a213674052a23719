//! The UI's pages and files, and what is answered where nothing is.

use std::path::Path;

use axum::{
    Router,
    extract::{Request, State},
    http::{
        HeaderValue, Method, StatusCode,
        header::{ACCEPT, ALLOW, CONTENT_RANGE},
    },
    response::{IntoResponse, Response},
};
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_to_stream};
use tower::ServiceExt;
use tower_http::services::ServeDir;

use super::API;
use crate::{
    app::{App, shell},
    error::ApiError,
    server::state::AppState,
};

/// The UI's pages.
pub fn routes(state: &AppState) -> Router<AppState> {
    let options = state.leptos_options.clone();
    let page = render_app_to_stream(move || shell(options.clone()));
    Router::new().leptos_routes_with_handler(generate_route_list(App), page)
}

/// A file of the site; where there is none, the UI's 404 page for a browser and JSON for everybody else.
pub async fn file_or_nothing(State(state): State<AppState>, request: Request) -> Response {
    let wants_page = wants_page(&request);
    let (parts, body) = request.into_parts();
    let mut asked = Request::from_parts(parts.clone(), ());
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    if !reads {
        // Only to know whether it is there.
        *asked.method_mut() = Method::HEAD;
    }
    let file = ServeDir::new(Path::new(&*state.leptos_options.site_root))
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip()
        .oneshot(asked)
        .await;
    let status = file.as_ref().map_or(StatusCode::NOT_FOUND, |file| file.status());
    match (file, status) {
        (Ok(_), StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED) if !reads => {
            let mut refusal = ApiError::method_not_allowed().into_response();
            refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET,HEAD"));
            refusal
        }
        // The names stay when the content changes, so a browser asks whether it did: `no-cache`.
        (Ok(file), StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED) => file.into_response(),
        (Ok(file), StatusCode::RANGE_NOT_SATISFIABLE) => {
            let mut refusal = ApiError::range_not_satisfiable().into_response();
            if let Some(size) = file.headers().get(CONTENT_RANGE) {
                refusal.headers_mut().insert(CONTENT_RANGE, size.clone());
            }
            refusal
        }
        (Ok(_), StatusCode::PRECONDITION_FAILED) => ApiError::precondition_failed().into_response(),
        _ if reads && wants_page => {
            let options = state.leptos_options.clone();
            let page = render_app_to_stream(move || shell(options.clone()));
            let mut response = page(Request::from_parts(parts, body)).await;
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        }
        _ => ApiError::not_found().into_response(),
    }
}

/// Whether a person's browser asks for a page: it says that it takes HTML, and does not ask below the API's paths.
fn wants_page(request: &Request) -> bool {
    let first = request.uri().path().split('/').nth(1).unwrap_or_default();
    let html = |value: &HeaderValue| value.to_str().is_ok_and(|types| types.contains("text/html"));
    !API.contains(&first) && request.headers().get_all(ACCEPT).iter().any(html)
}
