//! What a server does about its keys when it starts.

use std::path::PathBuf;

use super::{error::KeyError, live::LiveRing, place::KeyPlace, rotation::Circumstances};
use crate::server::{
    clock,
    security::secret::new_secret_key,
    settings::{Algorithm, TokenSettings},
    store::{KeptKey, OwnKeys, Store},
};

/// What a server starts with.
pub struct Started {
    /// The keys for tokens.
    pub ring: LiveRing,
    /// The secrets that are kept and check tokens.
    pub secrets: Vec<String>,
    /// A secret that all servers on this database have in common. It stays the same when keys are replaced, unless one has leaked, or is
    /// `token.secret-key`.
    pub shared: String,
}

/// Finds the keys, and makes one if none of them signs with `token.algorithm`. `file` is SQLite's.
///
/// # Errors
/// [`KeyError`].
pub async fn start(settings: &TokenSettings, store: &Store, file: Option<PathBuf>) -> Result<Started, KeyError> {
    let place = KeyPlace::new(store, file);
    let (shared, kept) = match place {
        KeyPlace::File(_) => (settings.secret_key.clone().unwrap_or_default(), ensure(settings, &place).await?),
        // The key that is agreed on is the first one to sign.
        KeyPlace::Postgres(_) if settings.algorithm == Algorithm::Hs256 => {
            let shared = agree(settings, store).await?;
            (shared, ensure(settings, &place).await?)
        }
        // It is not, and must not be taken for one.
        KeyPlace::Postgres(_) => {
            let kept = ensure(settings, &place).await?;
            (agree(settings, store).await?, kept)
        }
    };
    let secrets = kept.iter().filter(|key| key.algorithm == Algorithm::Hs256.name()).map(|key| key.secret.clone());
    let secrets = if settings.secret_key.is_some() { Vec::new() } else { secrets.collect() };
    Ok(Started { ring: LiveRing::new(settings, Some(place), kept)?, secrets, shared })
}

/// Sees to it that a key signs with `token.algorithm`. If the settings have one, private keys come to their end.
///
/// # Errors
/// [`KeyError`].
pub async fn ensure(settings: &TokenSettings, place: &KeyPlace) -> Result<Vec<KeptKey>, KeyError> {
    let TokenSettings { algorithm, expires_in, .. } = *settings;
    let circumstances = Circumstances { algorithm, expires_in, now: clock::unix_seconds() };
    let is_set = settings.secret_key.is_some();
    let before = place.read().await?;
    let kept = place.change(move |keys| {
        if is_set {
            circumstances.retire_private_keys(keys);
            Ok(())
        } else {
            circumstances.ensure(keys)
        }
    });
    let kept = kept.await?;
    if let Some(new) = kept.last().filter(|last| !before.contains(last)) {
        tracing::info!(kid = new.kid, algorithm = new.algorithm, "made a key that signs tokens");
    }
    Ok(kept)
}

async fn agree(settings: &TokenSettings, store: &Store) -> Result<String, KeyError> {
    let own = OwnKeys {
        set: settings.secret_key.as_deref(),
        previous: &settings.previous_secret_keys,
        signs: settings.algorithm == Algorithm::Hs256,
        new: &new_secret_key()?,
    };
    let agreed = store.agree_on_key(&own).await?.ok_or(KeyError::AnotherKey)?;
    Ok(settings.secret_key.clone().or(agreed.secret).unwrap_or(agreed.fingerprint))
}
