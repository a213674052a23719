//! Everything that runs on the server only. [`run`] serves; `main` decides with which settings.

pub mod clock;
mod connections;
pub mod demo;
pub mod docs;
pub mod items;
pub mod login;
pub mod metrics;
pub mod request_id;
pub mod routes;
pub mod security;
pub mod settings;
pub mod state;
pub mod store;
pub mod tls;
pub mod users;

use std::{
    future::{Future, pending},
    sync::Arc,
};

use axum::Router;
use prometheus_client::metrics::gauge::Gauge;
use tokio::net::TcpListener;
use tower::{Layer, util::MapRequestLayer};

use self::{state::AppState, tls::Tls};

/// Where a server is reached.
pub struct Doors {
    /// By everybody.
    pub public: TcpListener,
    /// What HTTPS is spoken with there.
    pub tls: Option<Arc<Tls>>,
    /// By whoever collects the metrics.
    pub metrics: Option<TcpListener>,
}

/// Serves at these doors until `shutdown` completes; lets the requests in hand finish, and closes the database.
pub async fn run(doors: Doors, state: AppState, shutdown: impl Future<Output = ()> + Send + 'static) {
    let (store, limits, open) = (state.store.clone(), state.limits, state.metrics.connections.clone());
    let metrics = doors.metrics.map(|listener| {
        let app = metrics::router(state.clone());
        tokio::spawn(connections::serve(listener, None, app, limits, Gauge::default(), pending()))
    });
    // Around the router, not in it: a path has to be trimmed before it is matched.
    let app = MapRequestLayer::new(routes::without_trailing_slash).layer(routes::router(state));
    connections::serve(doors.public, doors.tls, app, limits, open, shutdown).await;
    if let Some(metrics) = metrics {
        metrics.abort();
    }
    store.close().await;
}

/// The whole router, as [`run`] serves it: for tests that ask it directly.
pub fn router(state: AppState) -> Router {
    Router::new().fallback_service(MapRequestLayer::new(routes::without_trailing_slash).layer(routes::router(state)))
}
