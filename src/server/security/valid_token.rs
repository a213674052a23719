//! Which access tokens are good at this moment: those of users, and clients' own. The extractors ask, and so does the introspection.

use std::sync::Arc;

use super::jwt::TokenData;
use crate::{
    error::ApiError,
    model::{ClientName, Scopes},
    server::{
        clock,
        state::AppState,
        store::{ClientRow, UserRow},
    },
};

/// A token that is good.
pub enum ValidToken {
    /// A user's, unless its user is disabled.
    OfUser(UserToken),
    /// A client's own.
    OfClient(ClientToken),
}

/// A user's token.
pub struct UserToken {
    /// The user, enabled or not, as the database has it now.
    pub user: Arc<UserRow>,
    /// The token's scopes that the user has now.
    pub scopes: Scopes,
    /// What the token says.
    pub data: Arc<TokenData>,
}

/// A client's own token.
pub struct ClientToken {
    /// The client.
    pub client: ClientRow,
    /// The token's scopes that the client has now.
    pub scopes: Scopes,
    /// What the token says.
    pub data: Arc<TokenData>,
}

/// Checks a token, and looks its user or its client up. `None` if it is not good.
///
/// # Errors
/// [`ApiError::unavailable`].
pub async fn valid_token(state: &AppState, token: &str) -> Result<Option<ValidToken>, ApiError> {
    let now = clock::unix_seconds();
    let Some(data) = state.keys.decode(token, now).await? else { return Ok(None) };
    // No user has a client's id as a name.
    Ok(match ClientName::of_client_id(&data.known.username) {
        None => of_user(state, data, now).await?.map(ValidToken::OfUser),
        Some(_) => of_client(state, data).await?.map(ValidToken::OfClient),
    })
}

async fn of_user(state: &AppState, data: Arc<TokenData>, now: i64) -> Result<Option<UserToken>, ApiError> {
    let Some(user) = state.store.user_behind_token(&data.known).await? else { return Ok(None) };
    if !is_current(&data, &user, now) {
        return Ok(None);
    }
    // If the user has lost a scope, the token has lost it too.
    let scopes = data.scopes.unwrap_or(user.scopes).intersection(user.scopes);
    Ok(Some(UserToken { user, scopes, data }))
}

/// Whether the token is this user's, and was issued for the password that the user has now.
#[expect(clippy::cast_precision_loss, reason = "seconds fit into 53 bits")]
fn is_current(token: &TokenData, user: &UserRow, now: i64) -> bool {
    let valid_from = user.tokens_valid_from as f64;
    // Another user may have had this name.
    if token.user_id.as_ref().is_some_and(|id| *id != user.id) {
        return false;
    }
    match token.password_version {
        // Our own tokens name the version of the password that they were issued for. No clock is needed.
        Some(version) => version == valid_from,
        // A token without `iat` counts as issued at Unix time 0.
        // One that was issued in the future, as PyJWT refuses it, would outlive a change of the password.
        None => {
            let issued_at = token.issued_at.unwrap_or_default();
            issued_at >= valid_from && issued_at < now as f64 + 1.0
        }
    }
}

async fn of_client(state: &AppState, data: Arc<TokenData>) -> Result<Option<ClientToken>, ApiError> {
    // Only our own tokens name the version of the secret.
    let (Some(version), Some(digest)) = (&data.client_version, data.known.ended_by.digest()) else { return Ok(None) };
    let client = state.store.client_behind_token(&data.known.username, version, digest).await?;
    Ok(client.map(|client| {
        let scopes = data.scopes.unwrap_or_default().intersection(client.scopes);
        ClientToken { client, scopes, data }
    }))
}
