//! Everything that runs only on the server. `main` reads the settings, and [`run`] serves.

pub mod accounts;
pub mod clients;
pub mod clock;
pub mod digest;
pub mod items;
pub mod keys;
pub mod moving;
pub mod network;
pub mod openapi;
pub mod operations;
pub mod routes;
pub mod security;
pub mod settings;
pub mod state;
pub mod store;
pub mod ui;

use std::{
    future::{Future, pending},
    sync::Arc,
};

use axum::Router;
use prometheus_client::metrics::gauge::Gauge;
use tokio::net::TcpListener;

use self::{
    network::{connections, tls::Tls},
    operations::{forgetting, key_uses, key_watch, metrics},
    state::AppState,
};

/// The sockets that the server listens on.
pub struct Listeners {
    /// The public socket.
    pub public: TcpListener,
    /// The certificate and key of the public socket. Without them it serves plain HTTP.
    pub tls: Option<Arc<Tls>>,
    /// The socket of the metrics.
    pub metrics: Option<TcpListener>,
}

/// Serves on these sockets until `shutdown` completes. Then it lets the requests in progress finish, and closes the
/// database.
pub async fn run(listeners: Listeners, state: AppState, shutdown: impl Future<Output = ()> + Send + 'static) {
    let (store, limits, open) = (state.store.clone(), state.limits, state.metrics.connections.clone());
    let uses = Arc::clone(&state.key_uses);
    let metrics = listeners.metrics.map(|listener| {
        let app = metrics::router(Arc::clone(&state.metrics));
        tokio::spawn(connections::serve(listener, None, app, limits, Gauge::default(), pending()))
    });
    let forgetting = tokio::spawn(forgetting::forget(state.clone()));
    let watching = tokio::spawn(key_watch::watch(state.clone()));
    let writing = tokio::spawn(key_uses::write_again_and_again(Arc::clone(&uses), store.clone()));
    connections::serve(listeners.public, listeners.tls, routes::service(state), limits, open, shutdown).await;
    if let Some(metrics) = metrics {
        metrics.abort();
    }
    forgetting.abort();
    watching.abort();
    writing.abort();
    // It may be writing.
    let _ = writing.await;
    key_uses::write_the_rest(&uses, &store).await;
    store.close().await;
}

/// What [`run`] serves, as a router, for tests that call it directly.
pub fn router(state: AppState) -> Router {
    Router::new().fallback_service(routes::service(state))
}
