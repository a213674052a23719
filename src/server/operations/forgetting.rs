//! Removes what is over, again and again: sessions that can go on no more, API keys that have expired, what was revoked and has
//! expired, and keys whose tokens have all expired.

use std::time::Duration;

use tokio::time::sleep;

use crate::server::{
    clock,
    state::AppState,
    store::{Store, StoreError},
};

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_secs(10 * 60);

/// Forgets until the server stops.
pub async fn forget(state: AppState) {
    loop {
        if let Err(error) = forget_once(&state.store).await {
            tracing::warn!(%error, "sessions and API keys that are over were not removed: it is tried again");
        }
        if let Err(error) = state.keys.ring().forget(clock::unix_seconds()).await {
            tracing::warn!(%error, "keys for tokens that are over were not removed: it is tried again");
        }
        sleep(PAUSE).await;
    }
}

/// A part at a time, so that nobody waits long.
async fn forget_once(store: &Store) -> Result<(), StoreError> {
    while store.forget(clock::unix_milliseconds()).await? {}
    Ok(())
}
