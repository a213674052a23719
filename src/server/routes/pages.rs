//! The UI's pages and files, and what is answered where nothing is.

use std::{path::Path, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    http::{
        HeaderValue, Method, StatusCode,
        header::{ACCEPT, ALLOW, CACHE_CONTROL, CONTENT_RANGE},
    },
    response::{IntoResponse, Response},
};
use leptos::{
    config::Env,
    prelude::{AnyView, IntoAny},
};
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_to_stream};
use tower::ServiceExt;
use tower_http::services::ServeDir;

use super::{API, armour};
use crate::{
    app::{App, shell},
    error::ApiError,
    server::state::AppState,
};

/// How long a browser may keep what never changes: a year.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// The UI's pages.
pub fn routes(state: &AppState) -> Router<AppState> {
    let page = render_app_to_stream(document(state));
    Router::new().leptos_routes_with_handler(generate_route_list(App), page)
}

/// What renders the HTML document, with the policy that goes with it.
fn document(state: &AppState) -> impl Fn() -> AnyView + Clone + Send + Sync + 'static + use<> {
    let (options, version) = (state.leptos_options.clone(), Arc::clone(&state.site_version));
    move || {
        armour::set_page_policy(&options);
        shell(options.clone(), &version).into_any()
    }
}

/// A file of the site; where there is none, the UI's 404 page for a browser and JSON for everybody else.
pub async fn file_or_nothing(State(state): State<AppState>, request: Request) -> Response {
    let (wants_page, options) = (wants_page(&request), &state.leptos_options);
    let (parts, body) = request.into_parts();
    let mut asked = Request::from_parts(parts.clone(), ());
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    if !reads {
        // Only to know whether it is there.
        *asked.method_mut() = Method::HEAD;
    }
    let file = ServeDir::new(Path::new(&*options.site_root))
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
        (Ok(file), StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED) => {
            let mut response = file.into_response();
            // Under any other name the content may change, so a browser asks whether it did: `no-cache`.
            if parts.uri.query() == Some(&*format!("v={}", state.site_version)) && options.env == Env::PROD {
                response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(FOR_GOOD));
            }
            response
        }
        (Ok(file), StatusCode::RANGE_NOT_SATISFIABLE) => {
            let mut refusal = ApiError::range_not_satisfiable().into_response();
            if let Some(size) = file.headers().get(CONTENT_RANGE) {
                refusal.headers_mut().insert(CONTENT_RANGE, size.clone());
            }
            refusal
        }
        (Ok(_), StatusCode::PRECONDITION_FAILED) => ApiError::precondition_failed().into_response(),
        _ if reads && wants_page => {
            let page = render_app_to_stream(document(&state));
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
