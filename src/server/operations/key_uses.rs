//! When API keys were used. It is kept in memory for some seconds, and then written for many keys at once: no request waits for it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::sleep;

use crate::server::{
    clock,
    store::{KeyWithUser, Store, StoreError},
};

/// How long to wait between two writes.
const PAUSE: Duration = Duration::from_secs(5);
/// How far the written time may be from the last use, in milliseconds. So each key is written once in a minute at most.
const PRECISION: i64 = 60_000;
/// The uses of how many keys are kept in memory at most.
const MOST: usize = 10_000;

/// The uses that are not written yet: the ids of the keys, and the times in Unix milliseconds.
#[derive(Default)]
pub struct KeyUses(Mutex<HashMap<String, i64>>);

impl KeyUses {
    /// Notes that a key was used at `now`, in Unix milliseconds.
    pub fn note(&self, key: &KeyWithUser, now: i64) {
        if key.last_used_at.is_some_and(|last| now.abs_diff(last) < PRECISION.unsigned_abs()) {
            return;
        }
        let mut uses = self.uses();
        if let Some(used_at) = uses.get_mut(&key.key_id) {
            *used_at = now;
        } else if uses.len() < MOST {
            // If there is no room, a later use is noted.
            uses.insert(key.key_id.clone(), now);
        }
    }

    /// Writes the uses. After an error they stay, for the next time.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn write(&self, store: &Store) -> Result<(), StoreError> {
        let written: Vec<_> = self.uses().iter().map(|(key_id, used_at)| (key_id.clone(), *used_at)).collect();
        if written.is_empty() {
            return Ok(());
        }
        store.write_key_uses(&written, PRECISION, clock::unix_milliseconds()).await?;
        let mut uses = self.uses();
        for (key_id, used_at) in written {
            // One that came meanwhile stays.
            if uses.get(&key_id) == Some(&used_at) {
                uses.remove(&key_id);
            }
        }
        Ok(())
    }

    fn uses(&self) -> MutexGuard<'_, HashMap<String, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes the uses until the server stops. The first failure is logged, and the others until a write succeeds are not.
pub async fn write_again_and_again(uses: Arc<KeyUses>, store: Store) {
    let mut fails = false;
    loop {
        sleep(PAUSE).await;
        match uses.write(&store).await {
            Ok(()) => fails = false,
            Err(_) if fails => {}
            Err(error) => {
                fails = true;
                not_written(&error);
            }
        }
    }
}

/// Writes what is left when the server stops.
pub async fn write_the_rest(uses: &KeyUses, store: &Store) {
    if let Err(error) = uses.write(store).await {
        not_written(&error);
    }
}

fn not_written(error: &StoreError) {
    tracing::warn!(%error, "it was not written when API keys were last used");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::Scopes, server::store::UserRow};

    fn key(number: usize, last_used_at: Option<i64>) -> KeyWithUser {
        let user = UserRow {
            id: "1".to_owned(),
            username: "ada".to_owned(),
            email: None,
            full_name: None,
            disabled: false,
            scopes: Scopes::default(),
            tokens_valid_from: 0,
            version: 0,
        };
        let (user, granted) = (Arc::new(user), Scopes::default());
        KeyWithUser { key_id: number.to_string(), user, granted, expires_at: None, last_used_at }
    }

    #[test]
    fn a_use_is_noted_if_the_written_time_is_a_minute_away() {
        for (last_used_at, is_noted) in
            [(None, true), (Some(40_000), true), (Some(40_001), false), (Some(159_999), false), (Some(160_000), true)]
        {
            let uses = KeyUses::default();
            uses.note(&key(1, last_used_at), 100_000);
            assert_eq!(uses.uses().get("1").is_some(), is_noted, "{last_used_at:?}");
        }
    }

    #[test]
    fn the_latest_use_counts_and_there_is_room_for_so_many_keys() {
        let uses = KeyUses::default();
        for number in 0..=MOST {
            uses.note(&key(number, None), 1);
        }
        assert_eq!(uses.uses().len(), MOST);
        uses.note(&key(0, None), 2);
        assert_eq!(uses.uses().get("0"), Some(&2));
    }
}
