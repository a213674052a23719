//! Where the keys are kept: beside SQLite's file, or in PostgreSQL, which several servers share.

use std::{io, path::PathBuf};

use tokio::task::spawn_blocking;

use super::{
    error::KeyError,
    file::{self, key_path},
    key::kept_secret,
    order::latest,
};
use crate::server::{
    security::secret::new_secret_key,
    settings::Algorithm,
    store::{KeptKey, SharedKey, Store},
};

/// Where the keys are kept.
#[derive(Clone)]
pub enum KeyPlace {
    /// Beside this file of SQLite.
    File(PathBuf),
    /// In PostgreSQL.
    Postgres(Store),
}

impl KeyPlace {
    /// The place of this database's keys. `file` is its file, if it is SQLite's.
    pub fn new(store: &Store, file: Option<PathBuf>) -> Self {
        file.map_or_else(|| Self::Postgres(store.clone()), Self::File)
    }

    /// The keys.
    ///
    /// # Errors
    /// [`KeyError`].
    pub async fn read(&self) -> Result<Vec<KeptKey>, KeyError> {
        match self {
            Self::File(database) => {
                let path = database.clone();
                spawn_blocking(move || file::read(&path)).await.unwrap_or_else(|_| Err(given_up(database)))
            }
            Self::Postgres(store) => {
                let keys = store.kept_keys().await?;
                if keys.is_empty() { Ok(first(store.shared_key().await?.as_ref())) } else { Ok(keys) }
            }
        }
    }

    /// Changes the keys, while nobody else does: no server, and no operator. Returns them as they are then.
    ///
    /// # Errors
    /// [`KeyError`]. Nothing is changed then. If PostgreSQL does not answer, it may have been changed.
    pub async fn change(
        &self,
        change: impl FnOnce(&mut Vec<KeptKey>) -> Result<(), KeyError> + Send + 'static,
    ) -> Result<Vec<KeptKey>, KeyError> {
        self.change_all(change, false).await
    }

    /// The same, where a key is removed that others may have. PostgreSQL keeps the first secret for servers of the version that knew no
    /// other key. It is replaced too: otherwise such a server would go on with it.
    ///
    /// # Errors
    /// [`KeyError`]. As for [`Self::change`].
    pub async fn change_after_leak(
        &self,
        change: impl FnOnce(&mut Vec<KeptKey>) -> Result<(), KeyError> + Send + 'static,
    ) -> Result<Vec<KeptKey>, KeyError> {
        self.change_all(change, true).await
    }

    async fn change_all(
        &self,
        change: impl FnOnce(&mut Vec<KeptKey>) -> Result<(), KeyError> + Send + 'static,
        has_leaked: bool,
    ) -> Result<Vec<KeptKey>, KeyError> {
        match self {
            Self::File(database) => {
                let path = database.clone();
                spawn_blocking(move || file::change(&path, change)).await.unwrap_or_else(|_| Err(given_up(database)))
            }
            Self::Postgres(store) => {
                let mut locked = store.lock_keys().await?;
                let before = if locked.keys.is_empty() { first(locked.shared.as_ref()) } else { locked.keys.clone() };
                let mut keys = before.clone();
                let changed = change(&mut keys);
                if changed.is_err() || keys == before {
                    locked.leave().await?;
                    changed?;
                } else {
                    if has_leaked && let Some(next) = next_shared(locked.shared.as_ref(), &keys)? {
                        locked.replace_shared(&next).await?;
                    }
                    locked.replace(&keys).await?;
                }
                Ok(keys)
            }
        }
    }
}

/// The key that the servers share from the first start on.
fn first(shared: Option<&SharedKey>) -> Vec<KeptKey> {
    let secret = shared.and_then(|shared| shared.secret.clone());
    secret.into_iter().map(|secret| kept_secret(secret, 0)).collect()
}

/// What takes the place of the secret that the servers share from the first start on, unless it still checks tokens: the secret that
/// signs, or none of the keys.
fn next_shared(shared: Option<&SharedKey>, keys: &[KeptKey]) -> Result<Option<String>, KeyError> {
    // The operator keeps it.
    let Some(secret) = shared.and_then(|shared| shared.secret.as_deref()) else { return Ok(None) };
    if keys.iter().any(|key| key.secret == secret) {
        return Ok(None);
    }
    match latest(keys) {
        Some(latest) if latest.algorithm == Algorithm::Hs256.name() => Ok(Some(latest.secret.clone())),
        _ => Ok(Some(new_secret_key()?)),
    }
}

/// The runtime is ending.
fn given_up(database: &std::path::Path) -> KeyError {
    KeyError::File(key_path(database), io::ErrorKind::Interrupted.into())
}
