//! The UI's pages, and the 404 page.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, StatusCode, header::ACCEPT},
    response::Response,
};
use leptos::prelude::{AnyView, IntoAny};
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_to_stream};

use super::{API, armour};
use crate::{
    app::{App, shell},
    server::state::AppState,
};

/// The UI's pages.
pub fn routes(state: &AppState) -> Router<AppState> {
    let page = render_app_to_stream(document(state));
    Router::new().leptos_routes_with_handler(generate_route_list(App), page)
}

/// The 404 page.
pub async fn not_found(state: &AppState, request: Request) -> Response {
    let page = render_app_to_stream(document(state));
    let mut response = page(request).await;
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// Renders the HTML document and sets its policy.
fn document(state: &AppState) -> impl Fn() -> AnyView + Clone + Send + Sync + 'static + use<> {
    let (options, version) = (state.leptos_options.clone(), Arc::clone(&state.site_version));
    move || {
        armour::set_page_policy(&options);
        shell(options.clone(), &version).into_any()
    }
}

/// Whether a person's browser asks for a page: it accepts HTML, and the path is not one of the API's.
pub fn wants_page(request: &Request) -> bool {
    let first = request.uri().path().split('/').nth(1).unwrap_or_default();
    let html = |value: &HeaderValue| value.to_str().is_ok_and(|types| types.contains("text/html"));
    !API.contains(&first) && request.headers().get_all(ACCEPT).iter().any(html)
}
