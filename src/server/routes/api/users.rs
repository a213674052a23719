//! Accounts: sign-up for everybody, and the rest for administrators.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::LINK},
    response::{IntoResponse, Response},
};

use super::{
    body::Members,
    condition::{IfMatch, Versioned},
    items,
    paging::{AfterItem, AfterUser, Paging, Search, next_page},
    path::InPath,
};
use crate::{
    error::ApiError,
    model::{
        ADMIN, Account, Email, FullName, Item, Page, PasswordRules, Scopes, User, UserCreate, UserUpdate, Username,
    },
    server::{
        accounts,
        openapi::{
            AccountChangeErrors, BodyErrors, Conditional, CreatedUser, LastAdministrator, SignUpErrors, Unknown,
            WrongQuery,
        },
        security::{
            address::ClientAddress,
            caller::{ActiveUser, Scoped, SignedIn},
        },
        state::AppState,
        store::{Listing, Place},
    },
};

type Administrator = Scoped<ADMIN>;

/// Create a user
///
/// Signs up: anybody may, unless sign-up is switched off (`accounts.sign-up`). With an administrator's token it creates
/// an account for somebody else, and may set `scopes` and `disabled`.
#[utoipa::path(
    post,
    path = "/users",
    tag = "users",
    security((), ("OAuth2PasswordBearer" = ["admin"])),
    request_body = UserCreate,
    responses(CreatedUser, SignUpErrors, BodyErrors)
)]
pub async fn create_user(
    caller: Option<SignedIn<0>>,
    State(state): State<AppState>,
    address: ClientAddress,
    body: Members,
) -> Result<Response, ApiError> {
    let min_length = state.password_min_length;
    match caller.map(|SignedIn(caller)| caller).filter(ActiveUser::is_administrator) {
        Some(administrator) => {
            let new = read_new(body, min_length, true)?;
            let actor = administrator.actor_with(Scopes::new(ADMIN));
            let row = accounts::create_user(&state.store, &state.passwords, new, Some(&actor)).await?;
            accounts::log_change("created", &row.user.username, &administrator.user.username);
            Ok(Versioned::created(row.user.version, Account::from(row)).into_response())
        }
        None => {
            if !state.accounts.sign_up {
                return Err(ApiError::sign_up_off());
            }
            let row = accounts::sign_up(&state, read_new(body, min_length, false)?, address).await?;
            Ok(Versioned::created(row.user.version, User::from(&row.user)).into_response())
        }
    }
}

/// Reads a user to be created. Only an administrator may send `scopes` and `disabled`.
fn read_new(mut body: Members, min_length: usize, by_administrator: bool) -> Result<UserCreate, ApiError> {
    let username = body.required("username", Username::parse);
    let (email, full_name) = (body.optional("email", Email::parse), body.optional("full_name", FullName::parse));
    let rules = PasswordRules {
        min_length,
        username: username.as_ref().map_or("", Username::as_str),
        email: email.as_ref().map(Email::as_str),
    };
    let password = body.required("password", |text| accounts::new_password("password", text, rules));
    let (scopes, disabled) =
        if by_administrator { (body.scopes("scopes"), body.flag("disabled")) } else { (None, None) };
    let both = username.zip(password);
    body.finish(both.map(|(username, password)| UserCreate { username, password, email, full_name, scopes, disabled }))
}

/// Read users
///
/// Returns a part of all users, by username, and how many there are. If there are more, the `Link` header has the address
/// of the next page.
#[utoipa::path(
    get,
    path = "/users",
    tag = "users",
    params(Paging, AfterUser, Search),
    responses(
        (
            status = 200,
            description = "The users",
            body = Page<Account>,
            headers(("Link" = String, description = "The next page, if there is one (RFC 8288, `rel=\"next\"`)"))
        ),
        Administrator,
        WrongQuery
    )
)]
pub async fn read_users(
    _: Administrator,
    State(state): State<AppState>,
    listing: Listing<String>,
) -> Result<Response, ApiError> {
    let listed = state.store.list_users(&listing).await?;
    let data = listed.rows.into_iter().map(Account::from).collect();
    let mut response = Json(Page::<Account> { data, count: listed.count }).into_response();
    if let Some(link) = listed.more_after.and_then(|place| next_page("/users", &listing, &place)) {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}

/// Read a user
///
/// Returns the account of this username, in exactly these letters.
#[utoipa::path(
    get,
    path = "/users/{username}",
    tag = "users",
    params(("username" = String, Path, description = "The username")),
    responses(
        (
            status = 200,
            description = "The account",
            body = Account,
            headers(("ETag" = String, description = "The account's version, for `If-Match`"))
        ),
        Administrator,
        Unknown
    )
)]
pub async fn read_user(
    _: Administrator,
    State(state): State<AppState>,
    InPath(username): InPath,
) -> Result<Versioned<Account>, ApiError> {
    let row = state.store.find_account(&username).await?;
    Ok(Versioned::ok(row.user.version, Account::from(row)))
}

/// Change a user
///
/// Changes an account. What is left out stays as it is. It holds on the user's very next request. An API key sets no password,
/// and grants nobody the scope `admin`.
#[utoipa::path(
    patch,
    path = "/users/{username}",
    tag = "users",
    params(("username" = String, Path, description = "The username"), Conditional),
    request_body = UserUpdate,
    responses(
        (
            status = 200,
            description = "The account as it is now",
            body = Account,
            headers(("ETag" = String, description = "The account's version, for `If-Match`"))
        ),
        Administrator,
        AccountChangeErrors,
        Conditional,
        BodyErrors
    )
)]
pub async fn update_user(
    Scoped(caller): Administrator,
    State(state): State<AppState>,
    InPath(username): InPath,
    IfMatch(condition): IfMatch,
    mut body: Members,
) -> Result<Versioned<Account>, ApiError> {
    let user = state.store.find_account(&username).await?.user;
    let (email, full_name) = (body.clearable("email", Email::parse), body.clearable("full_name", FullName::parse));
    let (disabled, scopes) = (body.flag("disabled"), body.scopes("scopes"));
    let address = match &email {
        Some(email) => email.as_ref().map(Email::as_str),
        None => user.email.as_deref(),
    };
    let rules = PasswordRules { min_length: state.password_min_length, username: &username, email: address };
    let password = body.changed("password", |text| accounts::new_password("password", text, rules));
    // Whoever has stolen a key of an administrator could log in by either.
    if password.is_some() || scopes.is_some_and(Scopes::is_administrators) {
        caller.check_signed_in()?;
    }
    let update = body.finish(Some(UserUpdate { email, full_name, disabled, scopes, password }))?;
    let condition = condition.of_user(&user.id).by(caller.actor());
    let row = accounts::change_user(&state.store, &state.passwords, &username, update, &condition).await?;
    accounts::log_change("changed", &username, &caller.user.username);
    Ok(Versioned::ok(row.user.version, Account::from(row)))
}

/// Delete a user
///
/// Deletes an account and all its items. An API key does not delete its own user.
#[utoipa::path(
    delete,
    path = "/users/{username}",
    tag = "users",
    params(("username" = String, Path, description = "The username"), Conditional),
    responses((status = 204, description = "The user is deleted"), Administrator, Unknown, LastAdministrator, Conditional)
)]
pub async fn delete_user(
    Scoped(caller): Administrator,
    State(state): State<AppState>,
    InPath(username): InPath,
    IfMatch(condition): IfMatch,
) -> Result<StatusCode, ApiError> {
    if username == caller.user.username {
        // `DELETE /users/me` takes no key either.
        caller.check_signed_in()?;
    }
    accounts::delete_user(&state.store, &username, &condition.by(caller.actor())).await?;
    accounts::log_change("deleted", &username, &caller.user.username);
    Ok(StatusCode::NO_CONTENT)
}

/// Read a user's items
///
/// Returns a part of somebody's items, newest first, as `GET /items` does for the caller.
#[utoipa::path(
    get,
    path = "/users/{username}/items",
    tag = "users",
    params(("username" = String, Path, description = "The username"), Paging, AfterItem, Search),
    responses(
        (
            status = 200,
            description = "The items",
            body = Page<Item>,
            headers(("Link" = String, description = "The next page, if there is one (RFC 8288, `rel=\"next\"`)"))
        ),
        Administrator,
        Unknown,
        WrongQuery
    )
)]
pub async fn read_user_items(
    _: Administrator,
    State(state): State<AppState>,
    InPath(username): InPath,
    listing: Listing<Place>,
) -> Result<Response, ApiError> {
    let owner = state.store.find_account(&username).await?.user;
    items::page(&state, &owner, &format!("/users/{username}/items"), &listing).await
}
