//! Removes what is over from the database, again and again: sessions that can go on no more, keys that have expired, and what was
//! revoked and has expired.

use std::time::Duration;

use tokio::time::sleep;

use crate::server::{
    clock,
    store::{Store, StoreError},
};

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_secs(10 * 60);

/// Forgets until the server stops.
pub async fn forget(store: Store) {
    loop {
        if let Err(error) = forget_once(&store).await {
            tracing::warn!(%error, "sessions and keys that are over were not removed: it is tried again");
        }
        sleep(PAUSE).await;
    }
}

/// A part at a time, so that nobody waits long.
async fn forget_once(store: &Store) -> Result<(), StoreError> {
    while store.forget(clock::unix_milliseconds()).await? {}
    Ok(())
}
