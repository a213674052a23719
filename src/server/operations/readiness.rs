//! The readiness check for load balancers. The server is ready if the database is in its place and can be
//! written.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{sync::Mutex, time::timeout};

use crate::{
    error::ApiError,
    server::{clock, store::Store},
};

/// How long the database may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long a successful write counts. A client cannot make the server write more often.
const PROOF_LASTS: Duration = Duration::from_secs(10);
/// How long a failed write counts.
const FAILURE_LASTS: Duration = Duration::from_secs(1);

/// The last attempt to write.
#[derive(Default)]
pub struct Readiness(Arc<Mutex<Option<Proof>>>);

struct Proof {
    tried_at: Instant,
    worked: bool,
}

impl Readiness {
    /// Checks that the database can be read and written. Logs why, if not.
    ///
    /// # Errors
    /// [`ApiError::unavailable`].
    pub async fn check(&self, store: &Store) -> Result<(), ApiError> {
        let ready = timeout(PATIENCE, self.is_ready(store)).await.unwrap_or_else(|_elapsed| {
            tracing::error!(limit_s = PATIENCE.as_secs(), "not ready: the database takes too long");
            false
        });
        if ready { Ok(()) } else { Err(ApiError::unavailable()) }
    }

    async fn is_ready(&self, store: &Store) -> bool {
        if let Err(error) = store.check().await {
            tracing::error!(%error, "not ready: the database cannot be read");
            return false;
        }
        let mut last = Arc::clone(&self.0).lock_owned().await;
        let lasts = |proof: &Proof| if proof.worked { PROOF_LASTS } else { FAILURE_LASTS };
        if let Some(proof) = last.as_ref().filter(|proof| proof.tried_at.elapsed() < lasts(proof)) {
            return proof.worked;
        }
        // In a separate task: it continues if this request ends early, so no write is interrupted.
        let store = store.clone();
        let tried = tokio::spawn(async move {
            let written = store.prove_write(clock::unix_milliseconds()).await;
            if let Err(error) = &written {
                tracing::error!(%error, "not ready: the database cannot be written");
            }
            *last = Some(Proof { tried_at: clock::monotonic(), worked: written.is_ok() });
            written.is_ok()
        });
        tried.await.unwrap_or(false)
    }
}
