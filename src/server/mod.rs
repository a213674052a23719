//! Everything that runs on the server only. [`run`] serves; `main` decides with which settings.

pub mod clock;
mod connections;
pub mod demo;
pub mod docs;
pub mod items;
pub mod login;
pub mod routes;
pub mod security;
pub mod settings;
pub mod state;
pub mod store;
pub mod tls;
pub mod users;

use std::{future::Future, sync::Arc};

use axum::Router;
use tokio::net::TcpListener;
use tower::{Layer, util::MapRequestLayer};

use self::{state::AppState, tls::Tls};

/// Serves on `listener`, by HTTPS where there is a certificate, until `shutdown` completes; lets the requests in hand
/// finish, and closes the database.
pub async fn run(
    listener: TcpListener,
    tls: Option<Arc<Tls>>,
    state: AppState,
    shutdown: impl Future<Output = ()> + Send + 'static,
) {
    let (store, limits) = (state.store.clone(), state.limits);
    // Around the router, not in it: a path has to be trimmed before it is matched.
    let app = MapRequestLayer::new(routes::without_trailing_slash).layer(routes::router(state));
    connections::serve(listener, tls, app, limits, shutdown).await;
    store.close().await;
}

/// The whole router, as [`run`] serves it: for tests that ask it directly.
pub fn router(state: AppState) -> Router {
    Router::new().fallback_service(MapRequestLayer::new(routes::without_trailing_slash).layer(routes::router(state)))
}
