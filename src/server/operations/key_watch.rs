//! Reads the keys for tokens again, now and then: another server, or the operator, may have replaced them.

use std::time::Duration;

use tokio::time::sleep;

use crate::server::state::AppState;

/// How long to wait between two looks. A key that was removed checks tokens for as long.
const PAUSE: Duration = Duration::from_secs(10);

/// Watches until the server stops.
pub async fn watch(state: AppState) {
    let mut worked = true;
    loop {
        sleep(PAUSE).await;
        let looked = state.keys.ring().look_again().await;
        match &looked {
            Err(error) if worked => tracing::warn!(%error, "the keys for tokens cannot be read: it is tried again"),
            _ => {}
        }
        worked = looked.is_ok();
    }
}
