//! What a user may ask about themselves.

use axum::{
    Json,
    extract::{RawQuery, State},
};
use serde::Serialize;

use crate::{
    error::ApiError,
    model::{ITEMS, Item, ME, User},
    server::{
        items::Paging,
        security::bearer::{ActiveUser, Scoped},
        state::AppState,
    },
};

/// The answer of `GET /status`.
#[derive(Serialize)]
pub struct Status {
    status: &'static str,
}

/// `GET /users/me`
pub async fn read_users_me(Scoped(user): Scoped<ME>) -> Json<User> {
    Json(user.into())
}

/// `GET /users/me/items`
pub async fn read_own_items(
    Scoped(user): Scoped<{ ME | ITEMS }>,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Json<Vec<Item>>, ApiError> {
    let Paging { skip, limit } = Paging::read(query.as_deref().unwrap_or_default())?;
    Ok(Json(state.store.items_of(&user, skip, limit).await?))
}

/// `GET /status`
pub async fn read_system_status(_anybody: ActiveUser) -> Json<Status> {
    Json(Status { status: "ok" })
}
