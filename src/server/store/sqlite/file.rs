//! The database's file. A check tells whether the open file is still at the configured path.
//!
//! A deleted or replaced file stays open. Writes to it would seem to work, but would be lost.

use std::{
    io,
    os::unix::fs::MetadataExt,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Instant,
};

use crate::server::{clock, store::error::StoreError};

/// The file that was opened. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DatabaseFile(Arc<Opened>);

#[derive(Debug)]
struct Opened {
    path: Box<Path>,
    identity: Identity,
    at: Instant,
    /// The second, counted from `at`, in which the next check is due.
    next_check: AtomicU64,
    /// What the last check found.
    in_place: AtomicBool,
}

/// A file's device and inode: equal for all paths of one file.
type Identity = (u64, u64);

impl DatabaseFile {
    /// The file that is at `path` now.
    ///
    /// # Errors
    /// The system's error.
    pub fn at(path: &Path) -> io::Result<Self> {
        let file = std::fs::metadata(path)?;
        Ok(Self(Arc::new(Opened {
            path: path.into(),
            identity: (file.dev(), file.ino()),
            at: clock::monotonic(),
            next_check: AtomicU64::new(1),
            in_place: AtomicBool::new(true),
        })))
    }

    /// Checks that the same file is still there.
    ///
    /// # Errors
    /// [`StoreError::Replaced`].
    pub async fn check(&self) -> Result<(), StoreError> {
        let Opened { path, identity, .. } = &*self.0;
        match tokio::fs::metadata(path).await {
            Ok(file) if (file.dev(), file.ino()) == *identity => Ok(()),
            _ => Err(StoreError::Replaced(path.to_path_buf())),
        }
    }

    /// The same, for each request: one check in a second is enough. While the file is missing, each request checks.
    ///
    /// # Errors
    /// [`StoreError::Replaced`].
    pub async fn check_each_second(&self) -> Result<(), StoreError> {
        let Opened { at, next_check, in_place, .. } = &*self.0;
        let (due, second) = (next_check.load(Ordering::Relaxed), at.elapsed().as_secs());
        // Of several requests, one checks.
        let is_due = || next_check.compare_exchange(due, second + 1, Ordering::Relaxed, Ordering::Relaxed).is_ok();
        if (second >= due && is_due()) || !in_place.load(Ordering::Relaxed) {
            let checked = self.check().await;
            in_place.store(checked.is_ok(), Ordering::Relaxed);
            return checked;
        }
        Ok(())
    }
}
