//! Everything that runs on the server only. [`run`] serves; `main` decides with which settings.

pub mod clock;
pub mod demo;
pub mod docs;
pub mod items;
pub mod login;
pub mod routes;
pub mod security;
pub mod settings;
pub mod state;
pub mod store;
pub mod users;

use std::{future::Future, io, net::SocketAddr, time::Duration};

use axum::{Router, ServiceExt, extract::Request};
use tokio::{net::TcpListener, sync::oneshot};
use tower::{Layer, util::MapRequestLayer};

use self::state::AppState;

/// How long requests in hand may take to finish once the server was told to stop.
const GRACE: Duration = Duration::from_secs(10);

/// Serves on `listener` until `shutdown` completes, lets the requests in hand finish, and closes the database.
///
/// # Errors
/// What the listener reports.
pub async fn run(
    listener: TcpListener,
    state: AppState,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let store = state.store.clone();
    // Around the router, not in it: a path has to be trimmed before it is matched.
    let app = MapRequestLayer::new(routes::without_trailing_slash).layer(routes::router(state));
    let (told, stopping) = oneshot::channel();
    let serving = axum::serve(listener, ServiceExt::<Request>::into_make_service_with_connect_info::<SocketAddr>(app))
        .with_graceful_shutdown(async move {
            shutdown.await;
            tracing::info!("stopping: requests in hand may take {} s", GRACE.as_secs());
            // Nobody listens where serving has ended by itself.
            let _ = told.send(());
        })
        .into_future();
    let served = tokio::select! {
        served = serving => served,
        () = async {
            match stopping.await {
                Ok(()) => tokio::time::sleep(GRACE).await,
                Err(_) => std::future::pending().await,
            }
        } => {
            tracing::warn!("stopped with requests still in hand");
            Ok(())
        }
    };
    store.close().await;
    served
}

/// The whole router, as [`run`] serves it: for tests that ask it directly.
pub fn router(state: AppState) -> Router {
    Router::new().fallback_service(MapRequestLayer::new(routes::without_trailing_slash).layer(routes::router(state)))
}
