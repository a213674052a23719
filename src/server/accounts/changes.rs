//! Changes of a user: by the user, by an administrator, or by the operator.

use super::{
    error::UserError,
    login::{Purpose, check_password},
};
use crate::{
    error::ApiError,
    model::{UpdatePassword, UserUpdate},
    server::{
        clock,
        operations::request_id::current,
        security::{address::ClientAddress, password::Passwords},
        state::AppState,
        store::{AccountRow, Condition, NewHash, Store, StoreError, UserChange, UserRow},
    },
};

/// Changes a user, if the row fulfils the condition. A new password ends earlier tokens, and a lockout.
///
/// # Errors
/// [`UserError`].
pub async fn change_user(
    store: &Store,
    passwords: &Passwords,
    username: &str,
    update: UserUpdate,
    condition: &Condition,
) -> Result<AccountRow, UserError> {
    let UserUpdate { email, full_name, disabled, scopes, password } = update;
    let password = match password {
        Some(password) => Some(new_hash(passwords.get_password_hash(password.into_text()).await?, None)),
        None => None,
    };
    let change = UserChange {
        email: email.map(|email| email.map(String::from)),
        full_name: full_name.map(|full_name| full_name.map(String::from)),
        disabled,
        scopes,
        password,
    };
    Ok(store.update_user(username, &change, condition).await?)
}

/// Replaces a user's password, if the current one is right. A wrong one counts as a failed login. Earlier tokens stop
/// working, also the one that was sent.
///
/// # Errors
/// [`ApiError::incorrect_password`], [`ApiError::too_many_failures`], [`ApiError::outdated`],
/// [`ApiError::invalid_token`], [`ApiError::busy`], [`ApiError::unavailable`].
pub async fn update_password(
    state: &AppState,
    user: &UserRow,
    update: UpdatePassword,
    condition: &Condition,
    address: ClientAddress,
) -> Result<(), ApiError> {
    let UpdatePassword { current_password, new_password } = update;
    let checked = check_password(state, &user.username, current_password, address, Purpose::PasswordChange).await;
    let checked = checked.map_err(|error| match error.status {
        401 => ApiError::incorrect_password(),
        _ => error,
    })?;
    let hashed_password = state.passwords.get_password_hash(new_password.into_text()).await?;
    let password = Some(new_hash(hashed_password, Some(checked.tokens_valid_from)));
    let change = UserChange { password, ..UserChange::default() };
    match state.store.update_user(&user.username, &change, condition).await {
        // A user who was deleted since the token was checked has no valid token.
        Err(StoreError::Missing) => Err(ApiError::invalid_token()),
        changed => Ok(changed.map(drop)?),
    }
}

/// Deletes a user and everything that is theirs, if the row fulfils the condition.
///
/// # Errors
/// [`UserError::Store`].
pub async fn delete_user(store: &Store, username: &str, condition: &Condition) -> Result<(), UserError> {
    Ok(store.delete_user(username, condition, clock::unix_seconds()).await?)
}

/// Logs what an administrator did with an account.
pub fn log_change(what: &'static str, user: &str, administrator: &str) {
    tracing::info!(request = current().map(tracing::field::display), user, administrator, "an account was {what}");
}

/// A hash of a new password. The time is read after the hash was computed, which may have waited. `iat` counts whole
/// seconds: a token of this second ends too.
fn new_hash(hashed_password: String, replaces: Option<i64>) -> NewHash {
    NewHash { hashed_password, tokens_valid_from: clock::unix_seconds().saturating_add(1), replaces }
}
