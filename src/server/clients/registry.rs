//! The clients that there are: the operator adds them, gives them other secrets, and removes them.

use std::time::Duration;

use tokio::time::sleep;
use uuid::Uuid;

use crate::{
    model::{ClientName, Scopes},
    server::{
        security::client_secret::ClientSecret,
        store::{KeptSecret, Store, StoreError},
    },
};

/// How long to wait for sessions that are in use.
const A_MOMENT: Duration = Duration::from_millis(10);

/// Why a client was not added or changed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The system provides no randomness.
    #[error("no random secret could be made: {0}")]
    Random(#[from] getrandom::Error),
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Adds a client, and returns its secret, which nobody can read later. `now` is in Unix milliseconds.
///
/// # Errors
/// [`StoreError::Taken`] if there is a client of this name, and others of [`ClientError`].
pub async fn add(store: &Store, name: &ClientName, scopes: Scopes, now: i64) -> Result<ClientSecret, ClientError> {
    let secret = ClientSecret::new()?;
    let (digest, version) = (secret.digest(), new_version());
    let kept = KeptSecret { digest: Some(&digest), version: &version };
    store.insert_client(&name.client_id(), &kept, scopes, now).await?;
    Ok(secret)
}

/// Gives a client another secret. What was issued by the secret of before ends: the client's own tokens, and the sessions that belong
/// to it. If this is cut off, nobody knows the new secret: it has to be called again.
///
/// # Errors
/// [`StoreError::Missing`] if there is no such client, and others of [`ClientError`].
pub async fn change_secret(store: &Store, name: &ClientName) -> Result<ClientSecret, ClientError> {
    let secret = ClientSecret::new()?;
    replace_secret(store, name, Some(&secret)).await?;
    Ok(secret)
}

/// Removes a client, and ends what was issued to it. If this is cut off, the client is still listed, and has no secret.
///
/// # Errors
/// [`StoreError::Missing`] if there is no such client, and others of [`ClientError`].
pub async fn remove(store: &Store, name: &ClientName) -> Result<(), ClientError> {
    replace_secret(store, name, None).await?;
    Ok(store.delete_client(&name.client_id()).await?)
}

/// The secret comes first. From then on no session of the client begins, so that those that are there can be ended.
async fn replace_secret(store: &Store, name: &ClientName, secret: Option<&ClientSecret>) -> Result<(), StoreError> {
    let (client_id, version) = (name.client_id(), new_version());
    let digest = secret.map(ClientSecret::digest);
    store.change_client_secret(&client_id, &KeptSecret { digest: digest.as_deref(), version: &version }).await?;
    while store.end_sessions_of_client(&client_id).await? {
        sleep(A_MOMENT).await;
    }
    Ok(())
}

/// A version that no other secret has, also not that of another client of the same name.
fn new_version() -> String {
    Uuid::new_v4().to_string()
}
