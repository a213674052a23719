//! Items: the caller's own, and for administrators everybody's.

use axum::{
    Json,
    extract::State,
    http::{
        HeaderValue, StatusCode,
        header::{LINK, LOCATION},
    },
    response::{IntoResponse, Response},
};

use super::{
    body::Members,
    condition::{IfMatch, Versioned},
    paging::{AfterItem, Paging, Search, next_page},
    path::InPath,
};
use crate::{
    error::ApiError,
    model::{ADMIN, Description, ITEMS, ITEMS_WRITE, Item, ItemCreate, ItemUpdate, Page, Scopes, Title},
    server::{
        items,
        openapi::{BodyErrors, Conditional, Unknown, WrongQuery},
        security::caller::{ActiveUser, Scoped},
        state::AppState,
        store::{Actor, Listing, Place, UserRow},
    },
};

type MayRead = Scoped<ITEMS>;
type MayWrite = Scoped<ITEMS_WRITE>;

/// Read items
///
/// Returns a part of the caller's items, newest first, and how many there are. If there are more, the `Link` header has
/// the address of the next page.
#[utoipa::path(
    get,
    path = "/items",
    tag = "items",
    params(Paging, AfterItem, Search),
    responses(
        (
            status = 200,
            description = "The items",
            body = Page<Item>,
            headers(("Link" = String, description = "The next page, if there is one (RFC 8288, `rel=\"next\"`)"))
        ),
        MayRead,
        WrongQuery
    )
)]
pub async fn read_items(
    Scoped(caller): MayRead,
    State(state): State<AppState>,
    listing: Listing<Place>,
) -> Result<Response, ApiError> {
    page(&state, &caller.user, "/items", &listing).await
}

/// A part of a user's items, with the link to the next part.
pub async fn page(
    state: &AppState,
    owner: &UserRow,
    path: &str,
    listing: &Listing<Place>,
) -> Result<Response, ApiError> {
    let listed = state.store.list_items(&owner.id, listing).await?;
    let data = listed.rows.into_iter().map(|row| row.into_item(&owner.username)).collect();
    let mut response = Json(Page::<Item> { data, count: listed.count }).into_response();
    if let Some(link) = listed.more_after.and_then(|place| next_page(path, listing, &place)) {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}

/// Create an item
///
/// Creates an item of the caller. The server makes its id.
#[utoipa::path(
    post,
    path = "/items",
    tag = "items",
    request_body = ItemCreate,
    responses(
        (
            status = 201,
            description = "The item",
            body = Item,
            headers(
                ("ETag" = String, description = "The item's version"),
                ("Location" = String, description = "The item's address")
            )
        ),
        MayWrite,
        BodyErrors
    )
)]
pub async fn create_item(
    Scoped(caller): MayWrite,
    State(state): State<AppState>,
    mut body: Members,
) -> Result<Response, ApiError> {
    let (title, description) = (body.required("title", Title::parse), body.optional("description", Description::parse));
    let new = body.finish(title.map(|title| ItemCreate { title, description }))?;
    let item = items::create(&state.store, &caller.user, new, &caller.actor()).await?;
    let location = format!("/items/{}", item.item_id);
    let mut response = Versioned::created(item.version, item.into_item(&caller.user.username)).into_response();
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// Read an item
///
/// Returns an item of the caller. An administrator may read anyone's.
#[utoipa::path(
    get,
    path = "/items/{item_id}",
    tag = "items",
    params(("item_id" = String, Path, description = "The item's id")),
    responses(
        (
            status = 200,
            description = "The item",
            body = Item,
            headers(("ETag" = String, description = "The item's version, for `If-Match`"))
        ),
        MayRead,
        Unknown
    )
)]
pub async fn read_item(
    Scoped(caller): MayRead,
    State(state): State<AppState>,
    InPath(item_id): InPath,
) -> Result<Versioned<Item>, ApiError> {
    let (item, owner) = state.store.find_item(&item_id, owner_filter(&caller)).await?;
    Ok(Versioned::ok(item.version, item.into_item(&owner)))
}

/// Change an item
///
/// Changes an item of the caller. An administrator may change anyone's. What is left out stays as it is.
#[utoipa::path(
    patch,
    path = "/items/{item_id}",
    tag = "items",
    params(("item_id" = String, Path, description = "The item's id"), Conditional),
    request_body = ItemUpdate,
    responses(
        (
            status = 200,
            description = "The item as it is now",
            body = Item,
            headers(("ETag" = String, description = "The item's version, for `If-Match`"))
        ),
        MayWrite,
        Unknown,
        Conditional,
        BodyErrors
    )
)]
pub async fn update_item(
    Scoped(caller): MayWrite,
    State(state): State<AppState>,
    InPath(item_id): InPath,
    IfMatch(condition): IfMatch,
    mut body: Members,
) -> Result<Versioned<Item>, ApiError> {
    let title = body.changed("title", Title::parse);
    let description = body.clearable("description", Description::parse);
    let update = body.finish(Some(ItemUpdate { title, description }))?;
    let condition = condition.by(actor(&caller));
    let (item, owner) = items::update(&state.store, &item_id, owner_filter(&caller), update, &condition).await?;
    Ok(Versioned::ok(item.version, item.into_item(&owner)))
}

/// Delete an item
///
/// Deletes an item of the caller. An administrator may delete anyone's.
#[utoipa::path(
    delete,
    path = "/items/{item_id}",
    tag = "items",
    params(("item_id" = String, Path, description = "The item's id"), Conditional),
    responses((status = 204, description = "The item is deleted"), MayWrite, Unknown, Conditional)
)]
pub async fn delete_item(
    Scoped(caller): MayWrite,
    State(state): State<AppState>,
    InPath(item_id): InPath,
    IfMatch(condition): IfMatch,
) -> Result<StatusCode, ApiError> {
    state.store.delete_item(&item_id, owner_filter(&caller), &condition.by(actor(&caller))).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The caller, for a change. Somebody who touches everybody's items has to be an administrator until then.
fn actor(caller: &ActiveUser) -> Actor {
    let more = if caller.is_administrator() { Scopes::new(ADMIN) } else { Scopes::default() };
    caller.actor_with(more)
}

/// Whose items the caller may touch: for everybody but administrators, only their own.
fn owner_filter(caller: &ActiveUser) -> Option<&str> {
    if caller.is_administrator() { None } else { Some(&caller.user.id) }
}
