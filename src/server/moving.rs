//! Moving to another database, with the key that signs tokens: tokens stay good.

use std::{fs, path::Path};

use super::{
    security::secret::{SecretError, key_path, store_secret_key, stored_secret_key},
    settings::{DatabaseSettings, Settings},
    store::{self, BackedUp, BackupError, Copied, Copy, CopyError, KeptKey, OpenError, Store, StoreError},
};

/// What was moved.
pub struct Moved {
    /// The rows.
    pub copied: Copied,
    /// The key.
    pub key: MovedKey,
}

/// What became of the key that signs tokens.
#[derive(Clone, Copy)]
pub enum MovedKey {
    /// The servers of the other database use it too.
    Copied,
    /// The operator has set `token.secret-key`. The other database is used with the same.
    InSettings,
    /// None was found.
    NotFound,
}

/// Why nothing was moved. The message is one line.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The database that the settings name cannot be used.
    #[error(transparent)]
    Source(OpenError),
    /// The other database cannot be used.
    #[error("the database to copy to (--to is read like database.url): {0}")]
    Target(OpenError),
    /// The rows cannot be copied.
    #[error("nothing was copied: {0}")]
    Copy(#[from] CopyError),
    /// A key is there already.
    #[error("nothing was copied: there is another key in {0}. Copy to an empty folder")]
    AnotherKey(String),
    /// The key cannot be read or written.
    #[error("nothing was copied: {0}")]
    Secret(#[from] SecretError),
    /// PostgreSQL did not say that it has kept the rows.
    #[error("it is not known whether the rows were copied ({0}): look into the other database")]
    Commit(StoreError),
}

impl From<StoreError> for MoveError {
    fn from(error: StoreError) -> Self {
        Self::Copy(error.into())
    }
}

/// Copies everything from the database that the settings name into the empty one at `to`: all, or nothing.
///
/// # Errors
/// [`MoveError`].
pub async fn copy(settings: &Settings, to: &str) -> Result<Moved, MoveError> {
    let target_settings = DatabaseSettings { url: to.to_owned(), ..settings.database.clone() };
    let target_file = store::file(to).map_err(MoveError::Target)?;
    let source = Store::open_existing(&settings.database).await.map_err(MoveError::Source)?;
    let target = Store::open(&target_settings).await.map_err(MoveError::Target)?;
    let (moved, key) = find_key(settings, &source).await?;
    // Before the rows, as they may take an hour.
    target.check_empty().await?;
    let set = settings.token.secret_key.as_deref();
    check_key(&target, target_file.as_deref(), key.as_deref(), set).await?;
    let copy = source.copy_to(&target).await?;
    let copied = finish(copy, &target, key.as_deref(), target_file.as_deref()).await?;
    source.close().await;
    Ok(Moved { copied, key: moved })
}

/// What becomes of the key, and the key if it is to be copied.
async fn find_key(settings: &Settings, source: &Store) -> Result<(MovedKey, Option<String>), MoveError> {
    if settings.token.secret_key.is_some() {
        return Ok((MovedKey::InSettings, None));
    }
    let key = match store::file(&settings.database.url).map_err(MoveError::Source)? {
        Some(file) => stored_secret_key(&file)?,
        None => match source.kept_key().await? {
            Some(KeptKey { secret: None, .. }) => return Ok((MovedKey::InSettings, None)),
            kept => kept.and_then(|kept| kept.secret),
        },
    };
    Ok((if key.is_some() { MovedKey::Copied } else { MovedKey::NotFound }, key))
}

/// Checks that the target has no other key than the one that is copied, or that is `set`.
async fn check_key(target: &Store, file: Option<&Path>, key: Option<&str>, set: Option<&str>) -> Result<(), MoveError> {
    match (key, file) {
        (Some(key), Some(file)) if stored_secret_key(file)?.is_some_and(|there| there != key) => {
            Err(MoveError::AnotherKey(key_path(file).display().to_string()))
        }
        (_, None) if key.or(set).is_some() => match target.kept_key().await? {
            Some(kept) if !set.is_some_and(|set| kept.is(set)) => Err(CopyError::HasKey.into()),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// Copies the key, and keeps what was copied.
async fn finish(mut copy: Copy, target: &Store, key: Option<&str>, file: Option<&Path>) -> Result<Copied, MoveError> {
    // Before the rows are kept: without its key, the other database would be of less use.
    let is_new = match (key, file) {
        (Some(key), Some(file)) => {
            let is_new = store_secret_key(file, key)?;
            // Somebody may have put another one there meanwhile.
            if !is_new && stored_secret_key(file)?.as_deref() != Some(key) {
                return Err(MoveError::AnotherKey(key_path(file).display().to_string()));
            }
            is_new
        }
        (Some(key), None) => {
            copy.keep_key(key).await?;
            false
        }
        (None, _) => false,
    };
    let committed = copy.commit(target).await;
    match (committed, file) {
        (Ok(copied), _) => Ok(copied),
        (Err(error), None) => Err(MoveError::Commit(error)),
        (Err(error), Some(file)) => {
            if is_new {
                // If it stays, the next copy finds the same key.
                let _ = fs::remove_file(key_path(file));
            }
            Err(error.into())
        }
    }
}

/// Copies the SQLite database that the settings name into a new file. Servers may use it meanwhile.
///
/// # Errors
/// [`BackupError`].
pub async fn back_up(settings: &DatabaseSettings, to: &Path) -> Result<BackedUp, BackupError> {
    let file = store::file(&settings.url)?.ok_or(BackupError::Postgres)?;
    store::back_up(&file, to).await
}
