//! The current user's own data.

use axum::{
    Json,
    extract::{RawQuery, State},
};

use crate::{
    error::ApiError,
    model::{ITEMS, Item, ME, User},
    server::{
        items::Paging,
        openapi::{PagingErrors, ScopedErrors},
        security::bearer::Scoped,
        state::AppState,
    },
};

/// Read the current user
///
/// Returns the user of the token.
#[utoipa::path(
    get,
    path = "/users/me",
    tag = "users",
    security(("OAuth2PasswordBearer" = ["me"])),
    responses((status = 200, description = "The user", body = User), ScopedErrors<ME>)
)]
pub async fn read_users_me(Scoped(user): Scoped<ME>) -> Json<User> {
    Json(User::from(&*user))
}

/// Read the current user's items
///
/// Returns the user's items, oldest first.
#[utoipa::path(
    get,
    path = "/users/me/items",
    tag = "users",
    params(Paging),
    security(("OAuth2PasswordBearer" = ["me", "items"])),
    responses(
        (status = 200, description = "The items", body = Vec<Item>),
        ScopedErrors<{ ME | ITEMS }>,
        PagingErrors
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
