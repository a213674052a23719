//! The current user's own data.

use axum::{
    Json,
    extract::{RawQuery, State},
    http::{HeaderValue, header::LINK},
    response::{IntoResponse, Response},
};

use crate::{
    error::ApiError,
    model::{ITEMS, Item, ME, User},
    server::{
        items::Paging,
        openapi::{PagingErrors, ScopedErrors},
        security::bearer::Scoped,
        state::AppState,
        store::Place,
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
/// Returns the user's items, oldest first. If there are more, the `Link` header has the address of the next page.
#[utoipa::path(
    get,
    path = "/users/me/items",
    tag = "users",
    params(Paging),
    security(("OAuth2PasswordBearer" = ["me", "items"])),
    responses(
        (
            status = 200,
            description = "The items",
            body = Vec<Item>,
            headers(("Link" = String, description = "The next page, if there is one (RFC 8288, `rel=\"next\"`)"))
        ),
        ScopedErrors<{ ME | ITEMS }>,
        PagingErrors
    )
)]
pub async fn read_own_items(
    Scoped(user): Scoped<{ ME | ITEMS }>,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let Paging { skip, limit, after } = Paging::read(query.as_deref().unwrap_or_default())?;
    let page = state.store.items_of(&user, after.as_ref(), skip, limit).await?;
    let mut response = Json(page.items).into_response();
    if let Some(link) = page.more_after.and_then(|place| next_page("/users/me/items", limit, &place)) {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}

/// The link to the next page of a list (RFC 8288).
fn next_page(path: &str, limit: i64, after: &Place) -> Option<HeaderValue> {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("limit", &limit.to_string())
        .append_pair("after", &after.to_string())
        .finish();
    format!("<{path}?{query}>; rel=\"next\"").parse().ok()
}
