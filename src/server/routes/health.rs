//! What whoever watches over the server asks: does it live, and can it work?

use std::time::Duration;

use axum::{Json, extract::State};

use super::me::Status;
use crate::{
    error::ApiError,
    server::{docs::NotReady, state::AppState},
};

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Read whether the process lives
///
/// Answered as long as the process answers anything: one that does not wants a restart.
#[utoipa::path(
    get,
    path = "/health/live",
    tag = "service",
    operation_id = "read_liveness",
    responses((status = 200, description = "It lives", body = Status))
)]
pub async fn read_liveness() -> Json<Status> {
    Json(Status::OK)
}

/// Read whether the service can work
///
/// Whether the database answers and logins find a place in the hashing queue: requests go elsewhere while not.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "service",
    operation_id = "read_readiness",
    responses((status = 200, description = "It can work", body = Status), NotReady)
)]
pub async fn read_readiness(State(state): State<AppState>) -> Result<Json<Status>, ApiError> {
    tokio::time::timeout(PATIENCE, state.store.ping()).await.map_err(|_| ApiError::unavailable())??;
    if state.passwords.is_full() { Err(ApiError::busy(1)) } else { Ok(Json(Status::OK)) }
}
