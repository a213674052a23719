//! What the operator does with keys, also while servers run.

use super::{
    error::KeyError,
    place::KeyPlace,
    ring::KeyRing,
    rotation::{self, Circumstances, When},
};
use crate::server::{
    settings::{Algorithm, TokenSettings},
    store::KeptKey,
};

/// A key has taken the place of the others.
pub struct Rotated {
    /// The id of the new key.
    pub kid: String,
    /// From when on it signs, in Unix seconds.
    pub signs_from: i64,
    /// Until when the others check tokens, in Unix seconds. `None` if they are gone.
    pub others_until: Option<i64>,
}

/// All keys that the servers with these settings have.
///
/// # Errors
/// [`KeyError`].
pub async fn list(place: &KeyPlace, settings: &TokenSettings) -> Result<KeyRing, KeyError> {
    Ok(KeyRing::new(settings, &place.read().await?))
}

/// Makes a new key, which takes the place of the others.
///
/// # Errors
/// [`KeyError`].
pub async fn rotate(place: &KeyPlace, settings: &TokenSettings, when: When, now: i64) -> Result<Rotated, KeyError> {
    check_that_keys_are_kept(place, settings).await?;
    let circumstances = Circumstances { algorithm: settings.algorithm, expires_in: settings.expires_in, now };
    let change = move |keys: &mut Vec<KeptKey>| circumstances.rotate(keys, when);
    let kept = match when {
        When::In(_) => place.change(change).await?,
        When::NowAlone => place.change_after_leak(change).await?,
    };
    let others_until = kept.iter().filter_map(|key| key.verifies_until).max();
    // It was added at the end.
    let KeptKey { kid, signs_from, .. } = kept.into_iter().next_back().ok_or(KeyError::NoKey)?;
    Ok(Rotated { kid, signs_from, others_until })
}

/// Removes a key that does not sign any more, before its tokens have expired.
///
/// # Errors
/// [`KeyError`].
pub async fn remove(place: &KeyPlace, settings: &TokenSettings, kid: &str, now: i64) -> Result<(), KeyError> {
    if KeyRing::new(settings, &[]).named(kid).is_some() {
        return Err(KeyError::InSettings);
    }
    let (kid, is_set) = (kid.to_owned(), settings.secret_key.is_some());
    place.change_after_leak(move |keys| rotation::remove(keys, &kid, is_set, now)).await?;
    Ok(())
}

/// Refuses a rotation of a key that is in the settings of the servers.
async fn check_that_keys_are_kept(place: &KeyPlace, settings: &TokenSettings) -> Result<(), KeyError> {
    let is_set = match place {
        _ if settings.secret_key.is_some() => true,
        KeyPlace::Postgres(store) if settings.algorithm == Algorithm::Hs256 => {
            store.shared_key().await?.is_some_and(|shared| shared.secret.is_none())
        }
        _ => false,
    };
    if is_set { Err(KeyError::InSettings) } else { Ok(()) }
}
