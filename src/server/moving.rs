//! Moving to another database, with the keys that sign and check tokens: tokens stay good.

use std::path::{Path, PathBuf};

use super::{
    keys::{KeyError, KeyPlace, key_path, keys_path},
    settings::{Algorithm, DatabaseSettings, Settings},
    store::{self, BackedUp, BackupError, Copied, Copy, CopyError, KeptKey, OpenError, Store, StoreError},
};

/// What was moved.
pub struct Moved {
    /// The rows.
    pub copied: Copied,
    /// The keys.
    pub keys: MovedKeys,
}

/// What became of the keys that sign and check tokens.
#[derive(Clone, Copy)]
pub enum MovedKeys {
    /// The servers of the other database use them too.
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
    #[error("nothing was copied: there is another key in {}. Copy to an empty folder", .0.display())]
    AnotherKey(PathBuf),
    /// The keys cannot be read or written.
    #[error("nothing was copied: {0}")]
    Key(#[from] KeyError),
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
    let (_, keys) = find_keys(settings, &source).await?;
    // Before the rows, as they may take an hour.
    target.check_empty().await?;
    let set = settings.token.secret_key.as_deref();
    check_keys(&target, target_file.as_deref(), &keys, set).await?;
    let copy = source.copy_to(&target).await?;
    // The operator may have replaced them meanwhile.
    let (moved, keys) = find_keys(settings, &source).await?;
    check_keys(&target, target_file.as_deref(), &keys, set).await?;
    let copied = finish(copy, &target, keys, target_file).await?;
    source.close().await;
    Ok(Moved { copied, keys: moved })
}

/// What becomes of the keys, and those that are to be copied.
async fn find_keys(settings: &Settings, source: &Store) -> Result<(MovedKeys, Vec<KeptKey>), MoveError> {
    let file = store::file(&settings.database.url).map_err(MoveError::Source)?;
    let mut keys = KeyPlace::new(source, file).read().await?;
    if settings.token.secret_key.is_some() {
        // Other secrets do not count beside it.
        keys.retain(|key| key.algorithm != Algorithm::Hs256.name());
        return Ok((MovedKeys::InSettings, keys));
    }
    let moved = match source.shared_key().await? {
        _ if !keys.is_empty() => MovedKeys::Copied,
        Some(shared) if shared.secret.is_none() => MovedKeys::InSettings,
        _ => MovedKeys::NotFound,
    };
    Ok((moved, keys))
}

/// Checks that the target has no other keys than those that are copied, or than the one that is `set`.
async fn check_keys(target: &Store, file: Option<&Path>, keys: &[KeptKey], set: Option<&str>) -> Result<(), MoveError> {
    if keys.is_empty() && (file.is_some() || set.is_none()) {
        return Ok(());
    }
    let there = KeyPlace::new(target, file.map(Path::to_owned)).read().await?;
    match file {
        Some(file) if !there.is_empty() && there != keys => Err(another_key(file)),
        Some(_) => Ok(()),
        None => match target.shared_key().await? {
            Some(shared) if !set.is_some_and(|set| shared.is(set)) => Err(CopyError::HasKey.into()),
            None if !there.is_empty() => Err(CopyError::HasKey.into()),
            _ => Ok(()),
        },
    }
}

fn another_key(file: &Path) -> MoveError {
    let paths = [keys_path(file), key_path(file)];
    let there = paths.iter().find(|path| path.exists()).unwrap_or(&paths[1]);
    MoveError::AnotherKey(there.clone())
}

/// Copies the keys, and keeps what was copied.
async fn finish(
    mut copy: Copy,
    target: &Store,
    keys: Vec<KeptKey>,
    file: Option<PathBuf>,
) -> Result<Copied, MoveError> {
    // Before the rows are kept: without its keys, the other database would be of less use.
    let Some(file) = file else {
        copy.keep_keys(&keys).await?;
        return copy.commit(target).await.map_err(MoveError::Commit);
    };
    let place = KeyPlace::File(file.clone());
    let is_new = place.read().await?.is_empty();
    if !keys.is_empty() {
        let copied = keys.clone();
        let there = place.change(move |there| {
            if there.is_empty() {
                *there = copied;
            }
            Ok(())
        });
        // Somebody may have put another one there meanwhile.
        if there.await? != keys {
            return Err(another_key(&file));
        }
    }
    let committed = copy.commit(target).await;
    if committed.is_err() && is_new && !keys.is_empty() {
        // If they stay, the next copy finds the same keys.
        let _ = place
            .change(|there| {
                there.clear();
                Ok(())
            })
            .await;
    }
    Ok(committed?)
}

/// Copies the SQLite database that the settings name into a new file. Servers may use it meanwhile.
///
/// # Errors
/// [`BackupError`].
pub async fn back_up(settings: &DatabaseSettings, to: &Path) -> Result<BackedUp, BackupError> {
    let file = store::file(&settings.url)?.ok_or(BackupError::Postgres)?;
    store::back_up(&file, to).await
}
