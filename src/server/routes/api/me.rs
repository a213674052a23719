//! The current user's own data.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::LINK},
    response::{IntoResponse, Response},
};

use super::{
    body::Members,
    condition::{IfMatch, Versioned},
    paging::{AfterItem, Paging, next_page},
};
use crate::{
    error::ApiError,
    model::{
        BrokenRule, Email, FullName, ITEMS, Item, ME, ME_WRITE, PASSWORD_MAX_BYTES, PasswordRules, UpdatePassword,
        User, UserUpdate, UserUpdateMe,
    },
    server::{
        accounts::{self, UserError},
        openapi::{BodyErrors, Conditional, LastAdministrator, PasswordChangeErrors, Taken, WrongQuery},
        security::{
            address::ClientAddress,
            caller::{Fresh, Scoped, SignedIn},
        },
        state::AppState,
        store::{Listing, Place, StoreError},
    },
};

type MayRead = Scoped<ME>;
type MayReadItems = Scoped<{ ME | ITEMS }>;
type MayWrite = Scoped<ME_WRITE>;
type MaySetPassword = SignedIn<ME_WRITE>;
type MayDelete = Fresh<ME_WRITE>;

/// Read the current user
///
/// Returns the user of the token or the key.
#[utoipa::path(
    get,
    path = "/users/me",
    tag = "users",
    responses(
        (
            status = 200,
            description = "The user",
            body = User,
            headers(("ETag" = String, description = "The user's version, for `If-Match`"))
        ),
        MayRead
    )
)]
pub async fn read_users_me(Scoped(caller): MayRead) -> Versioned<User> {
    Versioned::ok(caller.user.version, User::from(&*caller.user))
}

/// Change the current user
///
/// Changes the caller's e-mail address and full name. What is left out stays as it is; null removes it.
#[utoipa::path(
    patch,
    path = "/users/me",
    tag = "users",
    params(Conditional),
    request_body = UserUpdateMe,
    responses(
        (
            status = 200,
            description = "The user as it is now",
            body = User,
            headers(("ETag" = String, description = "The user's version, for `If-Match`"))
        ),
        MayWrite,
        Taken,
        Conditional,
        BodyErrors
    )
)]
pub async fn update_user_me(
    Scoped(caller): MayWrite,
    State(state): State<AppState>,
    IfMatch(condition): IfMatch,
    mut body: Members,
) -> Result<Versioned<User>, ApiError> {
    let (email, full_name) = (body.clearable("email", Email::parse), body.clearable("full_name", FullName::parse));
    let UserUpdateMe { email, full_name } = body.finish(Some(UserUpdateMe { email, full_name }))?;
    let update = UserUpdate { email, full_name, ..UserUpdate::default() };
    let (username, condition) = (&caller.user.username, condition.of_user(&caller.user.id).by(caller.actor()));
    let changed = accounts::change_user(&state.store, &state.passwords, username, update, &condition).await;
    let row = changed.map_err(unless_gone)?;
    Ok(Versioned::ok(row.user.version, User::from(&row.user)))
}

/// A user who was deleted since the token was checked has no valid token.
fn unless_gone(error: UserError) -> ApiError {
    match error {
        UserError::Store(StoreError::Missing) => ApiError::invalid_token(),
        error => error.into(),
    }
}

/// Change the current user's password
///
/// Replaces the password, if the current one is right. Earlier tokens stop working, also the one that is sent: log in
/// again. A wrong current password counts as a failed login.
#[utoipa::path(
    put,
    path = "/users/me/password",
    tag = "users",
    params(Conditional),
    request_body = UpdatePassword,
    responses((status = 204, description = "The password is changed"), MaySetPassword, PasswordChangeErrors, Conditional, BodyErrors)
)]
pub async fn update_password_me(
    SignedIn(caller): MaySetPassword,
    State(state): State<AppState>,
    IfMatch(condition): IfMatch,
    address: ClientAddress,
    mut body: Members,
) -> Result<StatusCode, ApiError> {
    let rules = PasswordRules {
        min_length: state.password_min_length,
        username: &caller.user.username,
        email: caller.user.email.as_deref(),
    };
    let current_password = body.required("current_password", current_password);
    let new_password = body.required("new_password", |text| accounts::new_password("new_password", text, rules));
    let both = current_password.zip(new_password);
    let update =
        body.finish(both.map(|(current_password, new_password)| UpdatePassword { current_password, new_password }))?;
    accounts::update_password(
        &state,
        &caller.user,
        update,
        &condition.of_user(&caller.user.id).by(caller.actor()),
        address,
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The current password follows no rules of today. An empty or very long one is refused before it is hashed.
fn current_password(text: &str) -> Result<String, BrokenRule> {
    match text.len() {
        0 => Err(BrokenRule::too_short("current_password", "Type the current password")),
        1..=PASSWORD_MAX_BYTES => Ok(text.to_owned()),
        _ => Err(BrokenRule::too_long("current_password", "A password has at most 1024 bytes")),
    }
}

/// Delete the current user
///
/// Deletes the caller's account and all items. It needs a fresh token: log in and repeat this within five minutes.
#[utoipa::path(
    delete,
    path = "/users/me",
    tag = "users",
    params(Conditional),
    responses((status = 204, description = "The user is deleted"), MayDelete, LastAdministrator, Conditional)
)]
pub async fn delete_user_me(
    Fresh(caller): MayDelete,
    State(state): State<AppState>,
    IfMatch(condition): IfMatch,
) -> Result<StatusCode, ApiError> {
    let condition = condition.of_user(&caller.user.id).by(caller.actor());
    let deleted = accounts::delete_user(&state.store, &caller.user.username, &condition).await;
    deleted.map_err(unless_gone)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Read the current user's items
///
/// Returns the user's items, oldest first. If there are more, the `Link` header has the address of the next page.
#[utoipa::path(
    get,
    path = "/users/me/items",
    tag = "users",
    params(Paging, AfterItem),
    responses(
        (
            status = 200,
            description = "The items",
            body = Vec<Item>,
            headers(("Link" = String, description = "The next page, if there is one (RFC 8288, `rel=\"next\"`)"))
        ),
        MayReadItems,
        WrongQuery
    )
)]
pub async fn read_own_items(
    Scoped(caller): MayReadItems,
    State(state): State<AppState>,
    listing: Listing<Place>,
) -> Result<Response, ApiError> {
    // This list is not searched.
    let listing = Listing { search: None, ..listing };
    let (rows, more_after) =
        state.store.items_of(&caller.user, listing.after.as_ref(), listing.skip, listing.limit).await?;
    let items: Vec<Item> = rows.into_iter().map(|row| row.into_item(&caller.user.username)).collect();
    let mut response = Json(items).into_response();
    if let Some(link) = more_after.and_then(|place| next_page("/users/me/items", &listing, &place)) {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}
