//! Sign-ups: a person makes an account, or somebody makes one for another.

use uuid::Uuid;

use super::error::UserError;
use crate::{
    error::ApiError,
    model::{Scopes, UserCreate},
    server::{
        clock,
        operations::{metrics::SignUpOutcome, request_id::current},
        security::{
            address::ClientAddress,
            password::{HashError, Passwords},
            throttle::whole_seconds,
        },
        state::AppState,
        store::{AccountRow, Actor, NewUser, Store, StoreError},
    },
};

/// Creates an account for the person who asks, from `address`. It is counted, and leaves one log line.
///
/// # Errors
/// [`ApiError::too_many_sign_ups`], [`ApiError::username_taken`], [`ApiError::email_taken`],
/// [`ApiError::busy`], [`ApiError::unavailable`].
pub async fn sign_up(state: &AppState, new: UserCreate, address: ClientAddress) -> Result<AccountRow, ApiError> {
    let (request, user) = (current().map(tracing::field::display), new.username.as_str().to_owned());
    if let Some(wait) = state.throttle.sign_up(address).await? {
        state.metrics.sign_up(SignUpOutcome::throttled);
        tracing::warn!(request, user, %address, wait_s = wait.as_secs(), "sign-up throttled");
        return Err(ApiError::too_many_sign_ups(whole_seconds(wait)));
    }
    let created = create_user(&state.store, &state.passwords, new, None).await;
    let outcome = match &created {
        Ok(_) => SignUpOutcome::created,
        Err(UserError::Store(StoreError::Taken(_))) => SignUpOutcome::taken,
        Err(UserError::Hash(HashError::Busy)) => SignUpOutcome::busy,
        Err(_) => SignUpOutcome::error,
    };
    state.metrics.sign_up(outcome);
    match outcome {
        SignUpOutcome::created => tracing::info!(request, user, %address, "sign-up succeeded"),
        SignUpOutcome::taken => tracing::info!(request, user, %address, "sign-up refused: taken"),
        SignUpOutcome::busy => tracing::warn!(request, user, %address, "sign-up refused: too many at once"),
        _ => tracing::warn!(request, user, %address, "sign-up ended by a server error"),
    }
    Ok(created?)
}

/// Creates a user, if the actor still may. Without an actor, it is a sign-up, or the operator.
///
/// # Errors
/// [`StoreError::Taken`], and the errors of hashing and of the database.
pub async fn create_user(
    store: &Store,
    passwords: &Passwords,
    new: UserCreate,
    actor: Option<&Actor>,
) -> Result<AccountRow, UserError> {
    let UserCreate { username, password, email, full_name, scopes, disabled } = new;
    // The insertion decides. This spares a hash.
    if let Some(taken) = store.taken(username.as_str(), email.as_ref().map(|email| email.as_str())).await? {
        return Err(StoreError::Taken(taken).into());
    }
    let hashed_password = passwords.get_password_hash(password.into_text()).await?;
    let new = NewUser {
        id: Uuid::now_v7().to_string(),
        username: username.into(),
        email: email.map(String::from),
        full_name: full_name.map(String::from),
        hashed_password,
        disabled: disabled.unwrap_or_default(),
        scopes: scopes.unwrap_or(Scopes::AT_SIGN_UP),
        // Read after the hash, which may have waited.
        created_at: clock::unix_milliseconds(),
    };
    Ok(store.insert_user(&new, actor).await?)
}
