//! The keys of a server that runs. Others may replace them at any time: the operator, or another server. So they are read again and
//! again, and at once if a token names a key that is not known yet.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use tokio::{
    sync::{Mutex, MutexGuard},
    time::sleep_until,
};

use super::{
    error::KeyError,
    place::KeyPlace,
    ring::KeyRing,
    rotation::{forget, is_over},
};
use crate::server::{clock, settings::TokenSettings, store::KeptKey};

/// How long to wait at least between two looks that tokens cause. Anybody can send a token with any name of a key.
const PAUSE: Duration = Duration::from_secs(1);

/// The keys of a server that runs.
pub struct LiveRing {
    place: Option<KeyPlace>,
    settings: TokenSettings,
    present: RwLock<Present>,
    looked: Mutex<Looked>,
}

/// The keys as they were read last.
struct Present {
    ring: Arc<KeyRing>,
    kept: Vec<KeptKey>,
    /// It grows with each change.
    generation: u64,
}

/// The last look at the keys.
struct Looked {
    at: Instant,
    worked: bool,
}

impl LiveRing {
    /// The keys of the settings, and those that are kept in a place.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`].
    pub fn new(settings: &TokenSettings, place: Option<KeyPlace>, kept: Vec<KeptKey>) -> Result<Self, KeyError> {
        let ring = Arc::new(KeyRing::new(settings, &kept)?);
        Ok(Self {
            place,
            settings: settings.clone(),
            present: RwLock::new(Present { ring, kept, generation: 0 }),
            looked: Mutex::new(Looked { at: clock::monotonic(), worked: true }),
        })
    }

    /// The keys, and their generation.
    pub fn present(&self) -> (Arc<KeyRing>, u64) {
        let present = self.present.read().unwrap_or_else(PoisonError::into_inner);
        (Arc::clone(&present.ring), present.generation)
    }

    /// The generation of the keys: another one after each change.
    pub fn generation(&self) -> u64 {
        self.present.read().unwrap_or_else(PoisonError::into_inner).generation
    }

    /// Reads the keys again.
    ///
    /// # Errors
    /// [`KeyError`]. The keys stay as they are then.
    pub async fn look_again(&self) -> Result<(), KeyError> {
        let looked = self.looked.lock().await;
        self.look(looked).await
    }

    /// Reads the keys again, as a token names one that is not known. All who ask at the same time share one look, and it is not made
    /// more often than once a second.
    ///
    /// # Errors
    /// [`KeyError`]. `None` if somebody else's look has failed, and has been logged there.
    pub async fn look_for_unknown(&self) -> Result<(), Option<KeyError>> {
        let asked_at = clock::monotonic();
        loop {
            let looked = self.looked.lock().await;
            if looked.at > asked_at {
                return if looked.worked { Ok(()) } else { Err(None) };
            }
            let next = looked.at + PAUSE;
            if clock::monotonic() >= next {
                return self.look(looked).await.map_err(Some);
            }
            drop(looked);
            sleep_until(next.into()).await;
        }
    }

    async fn look(&self, mut looked: MutexGuard<'_, Looked>) -> Result<(), KeyError> {
        let Some(place) = &self.place else { return Ok(()) };
        *looked = Looked { at: clock::monotonic(), worked: false };
        let kept = place.read().await?;
        self.take(kept)?;
        looked.worked = true;
        Ok(())
    }

    /// Removes keys whose tokens have all expired from where they are kept.
    ///
    /// # Errors
    /// [`KeyError`].
    pub async fn forget(&self, now: i64) -> Result<(), KeyError> {
        let Some(place) = &self.place else { return Ok(()) };
        let some_are_over = {
            let present = self.present.read().unwrap_or_else(PoisonError::into_inner);
            present.kept.iter().any(|key| is_over(key, now))
        };
        if some_are_over {
            let kept = place.change(move |keys| {
                forget(keys, now);
                Ok(())
            });
            self.take(kept.await?)?;
        }
        Ok(())
    }

    /// Goes on with these keys. Without one that signs, the server goes on with those it has.
    fn take(&self, kept: Vec<KeptKey>) -> Result<(), KeyError> {
        if self.present.read().unwrap_or_else(PoisonError::into_inner).kept == kept {
            return Ok(());
        }
        let ring = Arc::new(KeyRing::new(&self.settings, &kept)?);
        let signer = ring.signer(clock::unix_seconds()).map(|key| key.kid().to_owned()).ok_or(KeyError::Gone)?;
        let keys = ring.keys().len();
        let mut present = self.present.write().unwrap_or_else(PoisonError::into_inner);
        *present = Present { ring, kept, generation: present.generation + 1 };
        drop(present);
        tracing::info!(keys, signs = signer, "the keys for tokens have changed");
        Ok(())
    }
}
