//! Health checks for monitoring: whether the process answers, and whether the service can work.

use axum::{Json, extract::State};

use super::status::Status;
use crate::{
    error::ApiError,
    server::{openapi::NotReady, state::AppState},
};

/// Read whether the process is alive
///
/// Answers as long as the process can answer at all. A process that does not answer should be restarted.
#[utoipa::path(
    get,
    path = "/health/live",
    tag = "service",
    operation_id = "read_liveness",
    responses((status = 200, description = "The process is alive", body = Status))
)]
pub async fn read_liveness() -> Json<Status> {
    Json(Status::OK)
}

/// Read whether the service can work
///
/// Checks that the database is in its place and can be read, and that a write worked within the last seconds. A
/// full hashing queue does not count: anybody can fill the queue, and everything but logins still works.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "service",
    operation_id = "read_readiness",
    responses((status = 200, description = "The service can work", body = Status), NotReady)
)]
pub async fn read_readiness(State(state): State<AppState>) -> Result<Json<Status>, ApiError> {
    state.readiness.check(&state.store).await?;
    Ok(Json(Status::OK))
}
