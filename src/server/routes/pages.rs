//! The UI's pages and files, and what is answered where nothing is.

use std::path::Path;

use axum::{
    Router,
    extract::{Request, State},
    http::{
        HeaderValue, Method, StatusCode,
        header::{ACCEPT, CACHE_CONTROL},
    },
    response::{IntoResponse, Response},
};
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_to_stream};
use tower::ServiceExt;
use tower_http::{compression::CompressionLayer, services::ServeDir};

use super::API;
use crate::{
    app::{App, shell},
    error::ApiError,
    server::state::AppState,
};

/// Adds the pages, the files and the fallback to the API's routes.
pub fn add(api: Router<AppState>, state: &AppState) -> Router<AppState> {
    let options = state.leptos_options.clone();
    let page = render_app_to_stream(move || shell(options.clone()));
    let pages = Router::new()
        .leptos_routes_with_handler(generate_route_list(App), page)
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        .fallback(file_or_nothing)
        // Only these: an answer that holds a secret is never compressed together with what somebody sent.
        .layer(CompressionLayer::new());
    api.merge(pages)
}

/// A file of the site; where there is none, the UI's 404 page for a browser and JSON for everybody else.
async fn file_or_nothing(State(state): State<AppState>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return ApiError::not_found().into_response();
    }
    let wants_page = wants_page(&request);
    let (parts, body) = request.into_parts();
    let file = ServeDir::new(Path::new(&*state.leptos_options.site_root))
        .append_index_html_on_directories(false)
        .precompressed_br()
        .precompressed_gzip()
        .oneshot(Request::from_parts(parts.clone(), ()))
        .await;
    match file {
        Ok(file) if file.status().is_success() || file.status() == StatusCode::NOT_MODIFIED => {
            let mut response = file.into_response();
            // The names stay when the content changes, so a browser asks whether it did.
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            response
        }
        _ if wants_page => {
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
