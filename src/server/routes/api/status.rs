//! The service's status, for any valid token or API key.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::server::security::any_token::AnyToken;

/// The answer of `GET /status` and of the health checks.
#[derive(Serialize, ToSchema)]
pub struct Status {
    /// Always `ok`.
    #[schema(pattern = "^ok$", example = "ok")]
    status: &'static str,
}

impl Status {
    /// The only status.
    pub const OK: Self = Self { status: "ok" };
}

/// Read the system's status
///
/// Tells whether the service works. Any valid token or API key may ask, also with a client's own token.
#[utoipa::path(
    get,
    path = "/status",
    tag = "service",
    responses((status = 200, description = "The service works", body = Status), AnyToken)
)]
pub async fn read_system_status(_anybody: AnyToken) -> Json<Status> {
    Json(Status::OK)
}
