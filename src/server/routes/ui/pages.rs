//! The UI's pages, and the 404 page.

use std::sync::Arc;

use any_spawner::Executor;
use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, StatusCode, header::ACCEPT},
    response::Response,
    routing::get,
};
use leptos::prelude::{AnyView, IntoAny, view};
use leptos_axum::render_app_to_stream;

use crate::{
    app::{Demo, Document, Facts, PAGES, Page},
    server::{
        accounts::demo,
        routes::{api, around},
        state::AppState,
    },
};

/// The UI's pages: one route for each line of the table.
pub fn routes(state: &AppState) -> Router<AppState> {
    // Leptos starts tasks while it renders. This fails only if it was done before: each test has its own router.
    let _ = Executor::init_tokio();
    PAGES.iter().fold(Router::new(), |router, page| {
        let handler = get(render_app_to_stream(document(state, Some(page))));
        page.paths.iter().fold(router, |router, path| router.route(&axum_path(path), handler.clone()))
    })
}

/// The pages' paths, as axum writes them.
pub fn paths() -> impl Iterator<Item = String> {
    PAGES.iter().flat_map(|page| page.paths.iter().map(|path| axum_path(path)))
}

/// A page's path as axum writes it: `/things/:id` is `/things/{id}`.
fn axum_path(path: &str) -> String {
    let part = |part: &str| part.strip_prefix(':').map_or_else(|| part.to_owned(), |name| format!("{{{name}}}"));
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// The 404 page.
pub async fn not_found(state: &AppState, request: Request) -> Response {
    let page = render_app_to_stream(document(state, None));
    let mut response = page(request).await;
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// Renders the HTML document and sets its policy.
fn document(
    state: &AppState,
    page: Option<&'static Page>,
) -> impl Fn() -> AnyView + Clone + Send + Sync + 'static + use<> {
    let (options, files, facts) = (state.leptos_options.clone(), Arc::clone(&state.assets.files), facts(state));
    move || {
        around::set_page_policy(&options);
        let (options, files) = (options.clone(), Arc::clone(&files));
        view! { <Document page options files facts /> }.into_any()
    }
}

/// What the UI knows of the settings.
fn facts(state: &AppState) -> Facts {
    Facts {
        password_min_length: state.password_min_length,
        may_sign_up: state.accounts.sign_up,
        demo: state.is_demo.then_some(Demo { enabled: demo::LOGIN, disabled: demo::DISABLED_LOGIN }),
    }
}

/// Whether a person's browser asks for a page: it accepts HTML, and the path is not one of the API's.
pub fn wants_page(request: &Request) -> bool {
    let first = request.uri().path().split('/').nth(1).unwrap_or_default();
    let html = |value: &HeaderValue| value.to_str().is_ok_and(|types| types.contains("text/html"));
    !api::FIRST_PARTS.contains(&first) && request.headers().get_all(ACCEPT).iter().any(html)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_part_of_a_path_is_written_as_axum_does() {
        assert_eq!(axum_path("/"), "/");
        assert_eq!(axum_path("/account"), "/account");
        assert_eq!(axum_path("/things/:id/parts/:part"), "/things/{id}/parts/{part}");
    }
}
