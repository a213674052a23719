//! What a user may ask about themselves.

use axum::{
    Json,
    extract::{RawQuery, State},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    error::ApiError,
    model::{ITEMS, Item, ME, User},
    server::{
        docs::{BearerRefusals, PagingRefusals, ScopedRefusals},
        items::Paging,
        security::bearer::{ActiveUser, Scoped},
        state::AppState,
    },
};

/// The answer of `GET /status`, and of those that watch over the server.
#[derive(Serialize, ToSchema)]
pub struct Status {
    /// Always `ok`.
    #[schema(pattern = "^ok$", example = "ok")]
    status: &'static str,
}

impl Status {
    /// The only one there is.
    pub const OK: Self = Self { status: "ok" };
}

/// Read the current user
///
/// The user whose token it is.
#[utoipa::path(
    get,
    path = "/users/me",
    tag = "users",
    security(("OAuth2PasswordBearer" = ["me"])),
    responses((status = 200, description = "The user", body = User), ScopedRefusals<ME>)
)]
pub async fn read_users_me(Scoped(user): Scoped<ME>) -> Json<User> {
    Json(user.into())
}

/// Read the current user's items
///
/// What the user left here, oldest first.
#[utoipa::path(
    get,
    path = "/users/me/items",
    tag = "users",
    params(Paging),
    security(("OAuth2PasswordBearer" = ["me", "items"])),
    responses(
        (status = 200, description = "The items", body = Vec<Item>),
        ScopedRefusals<{ ME | ITEMS }>,
        PagingRefusals
    )
)]
pub async fn read_own_items(
    Scoped(user): Scoped<{ ME | ITEMS }>,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Json<Vec<Item>>, ApiError> {
    let Paging { skip, limit } = Paging::read(query.as_deref().unwrap_or_default())?;
    Ok(Json(state.store.items_of(&user, skip, limit).await?))
}

/// Read the system's status
///
/// Whether the service works, for the bearer of any valid token.
#[utoipa::path(
    get,
    path = "/status",
    tag = "service",
    security(("OAuth2PasswordBearer" = [])),
    responses((status = 200, description = "It works", body = Status), BearerRefusals)
)]
pub async fn read_system_status(_anybody: ActiveUser) -> Json<Status> {
    Json(Status::OK)
}
