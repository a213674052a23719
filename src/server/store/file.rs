//! The database's file. A check tells whether the open file is still at the configured path.
//!
//! A deleted or replaced file stays open. Writes to it would seem to work, but would be lost.

use std::{io, os::unix::fs::MetadataExt, path::Path, sync::Arc};

use super::StoreError;

/// The file that was opened.
#[derive(Clone, Debug)]
pub struct DatabaseFile {
    /// Shared: the store is cloned for each request.
    path: Arc<Path>,
    identity: Identity,
}

/// A file's device and inode: equal for all paths of one file.
type Identity = (u64, u64);

impl DatabaseFile {
    /// The file that is at `path` now.
    ///
    /// # Errors
    /// The system's error.
    pub fn at(path: &Path) -> io::Result<Self> {
        std::fs::metadata(path).map(|file| Self { path: path.into(), identity: (file.dev(), file.ino()) })
    }

    /// Checks that the same file is still there.
    ///
    /// # Errors
    /// [`StoreError::Replaced`].
    pub async fn check(&self) -> Result<(), StoreError> {
        match tokio::fs::metadata(&self.path).await {
            Ok(file) if (file.dev(), file.ino()) == self.identity => Ok(()),
            _ => Err(StoreError::Replaced(self.path.to_path_buf())),
        }
    }
}
