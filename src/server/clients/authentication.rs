//! Checks who a client is, by the id and the secret that it sends (RFC 6749 §2.3.1). Each failure leaves one log line.

use axum::http::HeaderMap;

use crate::{
    error::ApiError,
    server::{
        operations::request_id::current,
        security::{
            address::ClientAddress,
            basic::{self, Sent},
            caller::refuse_key,
            throttle::{Guess, Guessed, Refused},
        },
        state::AppState,
        store::ClientRow,
    },
};

/// The client that sends these headers. `None` if it does not say who it is. No API key opens a call of clients.
///
/// # Errors
/// [`ApiError::invalid_client`] if it is unknown or its secret is wrong, [`ApiError::too_many_failures`],
/// [`ApiError::repeated_authorization`], [`ApiError::not_by_api_key`], [`ApiError::token_and_api_key`], [`ApiError::busy`],
/// [`ApiError::unavailable`].
pub async fn authenticate(
    state: &AppState,
    headers: &HeaderMap,
    address: ClientAddress,
) -> Result<Option<ClientRow>, ApiError> {
    refuse_key(headers)?;
    let (client, secret) = match basic::read(headers)? {
        Sent::Nothing => return Ok(None),
        Sent::Malformed => {
            tracing::info!(request = current().map(display), %address, "client authentication failed: malformed");
            return Err(ApiError::invalid_client());
        }
        Sent::Credentials { client, secret } => (client, secret),
    };
    let client_id = client.client_id();
    // A right secret never waits: nobody can guess one, so whoever has it is the client.
    if let Some(client) = state.store.client_with_secret(&client_id, &secret.digest()).await? {
        return Ok(Some(client));
    }
    Err(count_failure(state, &client_id, address).await)
}

/// Counts a wrong guess, unless it has to wait. Returns the answer, which is the same for a client that does not exist.
async fn count_failure(state: &AppState, client_id: &str, address: ClientAddress) -> ApiError {
    let request = current().map(tracing::field::display);
    let guess = Guess { at: Guessed::ClientSecret, username: client_id, password_version: None, address, known: false };
    match begin_and_fail(state, &guess).await {
        Ok(()) => {
            tracing::info!(request, client = client_id, %address, "client authentication failed");
            ApiError::invalid_client()
        }
        Err(refused) => {
            // An error of the database is logged where it becomes an answer.
            if !matches!(refused, Refused::Store(_)) {
                tracing::warn!(request, client = client_id, %address, "client authentication throttled");
            }
            refused.into()
        }
    }
}

/// The secret was looked at already, so this guess has failed. Many at once wait for each other, like guesses at a password.
async fn begin_and_fail(state: &AppState, guess: &Guess<'_>) -> Result<(), Refused> {
    state.throttle.check(guess).await?;
    let mut in_progress = state.throttle.begin(guess).await?;
    in_progress.looks();
    in_progress.failed().await;
    Ok(())
}
