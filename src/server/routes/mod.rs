//! The URL table. The handlers translate between HTTP and the rest of the server. The contract: every error is JSON
//! with a `detail`, and only page requests get HTML.

mod answer;
pub mod api;
pub mod around;
mod ui;

use std::convert::Infallible;

use axum::{
    Extension, Router,
    extract::Request,
    http::{HeaderValue, Uri, header::CACHE_CONTROL},
    response::Response,
    routing::get,
};
use tower::{Service, util::MapRequestLayer};
use tower_http::{
    CompressionLevel,
    compression::{
        CompressionLayer,
        predicate::{DefaultPredicate, Predicate},
    },
    set_header::SetResponseHeaderLayer,
};
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use self::{
    api::{api_keys, health, introspection, items, key_set, me, metadata, revocation, sessions, status, token, users},
    around::{Templates, guard::in_words_of},
    ui::{accept_encoding, docs, files, pages},
};
use super::state::AppState;
use crate::{error::ApiError, server::openapi};

/// The routes with personal answers, and their part of the document.
fn personal() -> (Router<AppState>, OpenApi) {
    let (router, mut document) = OpenApiRouter::with_openapi(openapi::frame())
        .routes(routes!(token::answer))
        .routes(routes!(revocation::revoke))
        .routes(routes!(introspection::introspect))
        .routes(routes!(me::read_users_me, me::update_user_me, me::delete_user_me))
        .routes(routes!(me::update_password_me))
        .routes(routes!(me::read_own_items))
        .routes(routes!(sessions::read_own_sessions, sessions::end_own_other_sessions))
        .routes(routes!(sessions::end_own_session))
        .routes(routes!(sessions::read_own_ended_sessions))
        .routes(routes!(api_keys::read_own_api_keys, api_keys::create_api_key))
        .routes(routes!(api_keys::end_own_api_key))
        .routes(routes!(users::read_users, users::create_user))
        .routes(routes!(users::read_user, users::update_user, users::delete_user))
        .routes(routes!(users::read_user_items))
        .routes(routes!(sessions::read_user_sessions, sessions::end_user_sessions))
        .routes(routes!(items::read_items, items::create_item))
        .routes(routes!(items::read_item, items::update_item, items::delete_item))
        .routes(routes!(status::read_system_status))
        .split_for_parts();
    openapi::complete(&mut document);
    (router, document)
}

/// The routes with the same answers for every client, and their part of the document.
fn public() -> (Router<AppState>, OpenApi) {
    OpenApiRouter::default()
        .routes(routes!(metadata::oauth_authorization_server))
        .routes(routes!(key_set::json_web_key_set))
        .routes(routes!(docs::openapi))
        .routes(routes!(health::read_liveness))
        .routes(routes!(health::read_readiness))
        .split_for_parts()
}

/// The OpenAPI document, made from the routes.
pub fn document() -> OpenApi {
    let mut document = personal().1;
    document.merge(public().1);
    document
}

/// The server as one service: the router, and what surrounds it.
pub fn service(
    state: AppState,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + Sync + 'static {
    let document = document();
    let router = router(state.clone(), &document);
    around::surrounded(state, router, Templates::new(templates(&document)))
}

/// The templates of all routes, such as `/items/{item_id}`.
fn templates(document: &OpenApi) -> impl Iterator<Item = String> {
    let docs = [docs::PAGE_PATH, docs::FILE_PATH].map(str::to_owned);
    document.paths.paths.keys().cloned().chain(pages::paths()).chain(docs)
}

/// The router with every URL of the server.
fn router(state: AppState, document: &OpenApi) -> Router {
    let not_allowed = async |uri: Uri| in_words_of(uri.path(), ApiError::method_not_allowed());
    let personal = personal().0.method_not_allowed_fallback(not_allowed);
    let public = public()
        .0
        .layer(Extension(docs::Document::of(document)))
        .route(docs::PAGE_PATH, get(docs::page))
        .route(docs::FILE_PATH, get(docs::file))
        .merge(pages::routes(&state))
        .method_not_allowed_fallback(not_allowed)
        .fallback(files::file_or_nothing)
        // Not around the personal routes: a secret is never compressed together with text that a client sent. Files are
        // not compressed here either: their validators and ranges describe the bytes on the disk.
        // Brotli's level 5 makes pages smaller than its level 4, and in less time.
        .layer(
            CompressionLayer::new()
                .quality(CompressionLevel::Precise(5))
                .compress_when(DefaultPredicate::new().and(files::is_not_a_file)),
        )
        .layer(MapRequestLayer::new(accept_encoding::without_the_impossible))
        .layer(SetResponseHeaderLayer::if_not_present(CACHE_CONTROL, HeaderValue::from_static("no-cache")));
    personal.merge(public).with_state(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_has_its_template() {
        let document = document();
        let of_all = Templates::new(templates(&document));
        // With a variable part as its own value, a template is a path of its route.
        for template in templates(&document) {
            assert_eq!(*of_all.of(&template), *template);
        }
    }
}
