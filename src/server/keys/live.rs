//! The keys of a server that runs. Others may replace them at any time: the operator, or another server. So they are read again and
//! again, and at once if a token names a key that is not known yet.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use tokio::{
    spawn,
    sync::{Mutex, MutexGuard},
    time::sleep_until,
};

use super::{
    error::KeyError,
    place::KeyPlace,
    ring::KeyRing,
    rotation::{Circumstances, forget, is_over},
};
use crate::server::{clock, operations::request_id::current, settings::TokenSettings, store::KeptKey};

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

/// The keys could not be read. It has been logged.
pub struct Unread;

impl LiveRing {
    /// The keys of the settings, and those that are kept in a place.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`], [`KeyError::Gone`].
    pub fn new(settings: &TokenSettings, place: Option<KeyPlace>, kept: Vec<KeptKey>) -> Result<Self, KeyError> {
        let ring = Arc::new(ring_of(settings, &kept)?);
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

    /// Reads the keys again, and does what a server has to do about them while it runs.
    ///
    /// # Errors
    /// [`KeyError`]. The keys stay as they are then.
    pub async fn look_again(&self) -> Result<(), KeyError> {
        let looked = self.looked.lock().await;
        self.look(looked, true).await
    }

    /// Reads the keys again, as a token names one that is not known. All who ask at the same time share one look, and it is not made
    /// more often than once a second. A look that has begun goes on if the one who asked does not wait for it: others do.
    ///
    /// # Errors
    /// [`Unread`].
    pub async fn look_for_unknown(self: &Arc<Self>) -> Result<(), Unread> {
        let (ring, asked_at, request) = (Arc::clone(self), clock::monotonic(), current());
        let looking = spawn(async move {
            ring.share_look(asked_at).await.map_err(|error| {
                if let Some(error) = error {
                    tracing::error!(request = request.map(display), %error, "the keys for tokens cannot be read");
                }
            })
        });
        // The runtime is ending.
        looking.await.unwrap_or(Err(())).map_err(|()| Unread)
    }

    /// Waits for a look that was begun after this moment, or makes one. `None` if somebody else's has failed: that one logs it.
    async fn share_look(&self, asked_at: Instant) -> Result<(), Option<KeyError>> {
        loop {
            let looked = self.looked.lock().await;
            if looked.at > asked_at {
                return if looked.worked { Ok(()) } else { Err(None) };
            }
            let next = looked.at + PAUSE;
            if clock::monotonic() >= next {
                return self.look(looked, false).await.map_err(Some);
            }
            drop(looked);
            sleep_until(next.into()).await;
        }
    }

    async fn look(&self, mut looked: MutexGuard<'_, Looked>, keeps_up: bool) -> Result<(), KeyError> {
        let Some(place) = &self.place else { return Ok(()) };
        *looked = Looked { at: clock::monotonic(), worked: false };
        let read = place.read().await?;
        let taken = self.take(read.clone());
        if keeps_up && self.settings.secret_key.is_none() {
            // If this fails, what was read is taken all the same. It also makes a key that signs if there is none.
            let kept = self.keep_up(place, read).await?;
            self.take(kept)?;
        } else {
            taken?;
        }
        looked.worked = true;
        Ok(())
    }

    /// Changes these keys as this server's settings need it, also where they are kept.
    async fn keep_up(&self, place: &KeyPlace, before: Vec<KeptKey>) -> Result<Vec<KeptKey>, KeyError> {
        let TokenSettings { algorithm, expires_in, .. } = self.settings;
        let circumstances = Circumstances { algorithm, expires_in, now: clock::unix_seconds() };
        // Its keys have ended and were forgotten, while it could not read them.
        let has_none = self.present().0.signer(circumstances.now).is_none();
        let keep_up = move |keys: &mut Vec<KeptKey>| {
            if keys.is_empty() && has_none { circumstances.ensure(keys) } else { circumstances.keep_up(keys) }
        };
        let mut kept = before.clone();
        keep_up(&mut kept)?;
        // Another server may do the same at this moment: the second one finds nothing to do.
        if kept == before { Ok(kept) } else { place.change(keep_up).await }
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
        let ring = Arc::new(ring_of(&self.settings, &kept)?);
        let signer = ring.signer(clock::unix_seconds()).map(|key| key.kid().to_owned());
        let keys = ring.keys().len();
        let mut present = self.present.write().unwrap_or_else(PoisonError::into_inner);
        *present = Present { ring, kept, generation: present.generation + 1 };
        drop(present);
        tracing::info!(keys, signs = signer, "the keys for tokens have changed");
        Ok(())
    }
}

/// The ring with these keys. One that cannot be read is left out, if another one signs.
fn ring_of(settings: &TokenSettings, kept: &[KeptKey]) -> Result<KeyRing, KeyError> {
    let ring = KeyRing::new(settings, kept);
    if ring.signer(clock::unix_seconds()).is_none() {
        let unreadable = ring.unreadable().first();
        return Err(unreadable.map_or(KeyError::Gone, |key| KeyError::Unreadable(key.kid.clone())));
    }
    for key in ring.unreadable() {
        let (kid, algorithm) = (&key.kid, &key.algorithm);
        tracing::error!(kid, algorithm, "a key for tokens cannot be read: it is left out, and its tokens are refused");
    }
    Ok(ring)
}

#[cfg(test)]
mod tests {
    use std::{fs, process::Command};

    use futures::poll;
    use tokio::task::spawn_blocking;

    use super::*;
    use crate::server::{
        keys::{ensure, key::new_key},
        settings::Algorithm,
    };

    #[tokio::test]
    async fn a_look_goes_on_for_the_others_if_the_one_who_began_it_is_gone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let settings = TokenSettings { algorithm: Algorithm::EdDsa, ..TokenSettings::default() };
        let place = KeyPlace::File(folder.path().join("cloakroom.db"));
        let kept = ensure(&settings, &place).await.expect("keys");
        let ring = Arc::new(LiveRing::new(&settings, Some(place), kept).expect("a ring"));
        // A pipe: who reads the keys waits until somebody writes them.
        let file = folder.path().join("cloakroom.keys");
        let text = fs::read_to_string(&file).expect("keys");
        fs::remove_file(&file).expect("the key file");
        assert!(Command::new("mkfifo").arg(&file).status().expect("mkfifo").success());
        let (mut one, mut other) = (Box::pin(ring.look_for_unknown()), Box::pin(ring.look_for_unknown()));
        assert!(poll!(&mut one).is_pending() && poll!(&mut other).is_pending());
        let opened = spawn_blocking(move || fs::OpenOptions::new().write(true).open(file).expect("a pipe"));
        let mut pipe = tokio::select! {
            _ = &mut one => panic!("nobody has written the keys"),
            pipe = opened => pipe.expect("a pipe"),
        };
        drop(one);
        let written = spawn_blocking(move || std::io::Write::write_all(&mut pipe, text.as_bytes()));
        assert!(other.await.is_ok());
        written.await.expect("a thread").expect("a pipe");
    }

    #[tokio::test]
    async fn a_server_whose_keys_ended_and_were_forgotten_while_it_could_not_read_them_makes_the_next_one() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let settings = TokenSettings { algorithm: Algorithm::EdDsa, ..TokenSettings::default() };
        let place = KeyPlace::File(folder.path().join("cloakroom.db"));
        let until = Some(clock::unix_seconds() + 2);
        let old = KeptKey { verifies_until: until, ..new_key(Algorithm::EdDsa, 0).expect("a key") };
        let ring = LiveRing::new(&settings, Some(place.clone()), vec![old]).expect("a ring");
        assert!(matches!(ring.look_again().await, Err(KeyError::Gone)), "it has one that signs");
        let signs = || ring.present().0.signer(clock::unix_seconds()).is_some();
        while signs() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        ring.look_again().await.expect("a key");
        assert!(signs());
        assert_eq!(place.read().await.expect("keys").len(), 1);
    }
}
