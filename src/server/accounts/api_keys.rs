//! API keys: how a person makes and ends them.

use uuid::Uuid;

use crate::{
    error::ApiError,
    model::{ApiKeyCreate, BrokenRule, KeyLifetime, Scopes},
    server::{
        clock,
        operations::request_id::current,
        security::api_key::ApiKeyText,
        state::AppState,
        store::{Actor, KeyRow, NewKey, UserRow},
    },
};

/// What a key may do: something, and nothing that the token may not which is sent.
///
/// # Errors
/// The rule that it breaks.
pub fn scopes_of_key(asked: Scopes, of_token: Scopes) -> Result<Scopes, BrokenRule> {
    if asked == Scopes::default() {
        let sentence = "A key has at least one scope".into();
        return Err(BrokenRule { field: "scopes", kind: "too_short", sentence });
    }
    if !of_token.contains(asked) {
        let missing = asked.without(of_token);
        return Err(BrokenRule::value("scopes", format!("Your own token does not have these scopes: {missing}")));
    }
    Ok(asked)
}

/// Makes a key of this user, if the actor still may and has all of its scopes. Returns what is kept of it, and the key.
///
/// # Errors
/// [`ApiError::too_many_api_keys`], [`ApiError::insufficient_scope`], [`ApiError::invalid_token`], [`ApiError::unavailable`],
/// [`ApiError::internal`].
pub async fn create_api_key(
    state: &AppState,
    user: &UserRow,
    new: ApiKeyCreate,
    actor: &Actor,
) -> Result<(KeyRow, ApiKeyText), ApiError> {
    let ApiKeyCreate { name, scopes, expires_in } = new;
    let text = ApiKeyText::new().map_err(|error| {
        tracing::error!(request = current().map(display), %error, "the system provides no randomness");
        ApiError::internal()
    })?;
    let (key_id, created_at) = (Uuid::now_v7().to_string(), clock::unix_milliseconds());
    let until = |lifetime: KeyLifetime| created_at.saturating_add(i64::from(lifetime.seconds()) * 1000);
    let key = NewKey {
        key_id: &key_id,
        user_id: &user.id,
        digest: &text.digest(),
        name: name.as_str(),
        granted: scopes,
        created_at,
        expires_at: expires_in.map(until),
    };
    let row = state.store.insert_api_key(&key, actor).await?;
    tracing::info!(request = current().map(display), user = user.username, key = key_id, "an API key was made");
    Ok((row, text))
}

/// Ends a key of this user.
///
/// # Errors
/// [`ApiError::not_found`], [`ApiError::invalid_token`], [`ApiError::unavailable`].
pub async fn end_api_key(state: &AppState, user: &UserRow, key_id: &str, actor: &Actor) -> Result<(), ApiError> {
    state.store.end_api_key(&user.id, key_id, actor).await?;
    tracing::info!(request = current().map(display), user = user.username, key = key_id, "an API key was ended");
    Ok(())
}
