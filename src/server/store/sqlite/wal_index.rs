//! Tells whether anything was written since a row was read. This makes it safe to cache the row.
//!
//! SQLite keeps an index of its write-ahead log in a file of shared memory, beside the database. The index begins with a
//! header that every commit changes, in whichever process (<https://www.sqlite.org/walformat.html>, section 2.1). A
//! connection compares this header to learn whether its cached pages are still right. This module does the same, by
//! reading the header as a file. On a local disk, a file and its shared memory have the same bytes. The server checks this
//! when it starts ([`Store::check_that_changes_are_seen`](crate::server::store::Store::check_that_changes_are_seen)).
//!
//! So the cache notices every writer, including the command line and an `UPDATE` by hand. No write can forget to
//! invalidate the cache. It is one system call that waits for nobody: no other thread, no lock, no disk.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

/// The size of the header, in bytes. The index begins with two copies of it.
const HEADER: usize = 48;
/// The format of the index, in the machine's byte order. SQLite has never had another one.
const FORMAT: u32 = 3_007_000;

/// A state of the database. If two states are equal, nothing was written between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatabaseState([u8; HEADER]);

/// The index of the write-ahead log of a database that is open.
#[derive(Clone, Copy)]
pub struct WalIndex {
    /// Never closed: one descriptor stays open for each store. POSIX drops all locks that a process has on a file when it
    /// closes any descriptor of that file, and SQLite's connections lock this one.
    file: &'static File,
}

impl WalIndex {
    /// The index of the database at `path`. A connection to it must be open, and stay open: the last one removes the
    /// file.
    ///
    /// # Errors
    /// The system's error.
    pub fn open(path: &Path) -> io::Result<Self> {
        // SQLite puts the file beside the real database, not beside a link to it.
        let mut name = path.canonicalize()?.into_os_string();
        name.push("-shm");
        Ok(Self { file: Box::leak(Box::new(File::open(PathBuf::from(name))?)) })
    }

    /// The current state. It is at least as new as every commit that was acknowledged before the call. `None` if a
    /// commit is just writing the header, or if the format is unknown: then nothing may be taken from the cache.
    pub fn state(&self) -> Option<DatabaseState> {
        let mut copies = [[0; HEADER]; 2];
        self.file.read_exact_at(copies.as_flattened_mut(), 0).ok()?;
        let [header, copy] = copies;
        // A commit writes one copy after the other.
        let is_whole = header == copy && header.starts_with(&FORMAT.to_ne_bytes());
        is_whole.then_some(DatabaseState(header))
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};

    use crate::server::store::{DatabaseSettings, Store};

    #[tokio::test]
    async fn the_state_changes_with_each_commit_of_anybody_and_with_nothing_else() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (real, path) = (folder.path().join("real.db"), folder.path().join("cloakroom.db"));
        std::fs::write(&real, "").expect("a file");
        std::os::unix::fs::symlink(&real, &path).expect("a link");
        let settings = DatabaseSettings::at(format!("sqlite://{}", path.display()));
        let store = Store::open(&settings).await.expect("a new database");
        let options = SqliteConnectOptions::new().filename(&path);
        let mut other: SqliteConnection = options.connect().await.expect("another connection");
        let state = || store.sqlite().wal_index.state().expect("a header of the known format");
        let mut seen = vec![state()];
        for number in 2..20 {
            if number % 2 == 0 {
                store.prove_write(number).await.expect("a write");
            } else {
                sqlx::query("UPDATE write_proofs SET proved_at = -proved_at")
                    .execute(&mut other)
                    .await
                    .expect("a write");
            }
            let now = state();
            assert!(!seen.contains(&now), "{number}: a commit is a new state");
            seen.push(now);
            store.find_user("nobody").await.expect("a query");
            assert_eq!(state(), now, "a query is not");
            if number == 10 {
                sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut other).await.expect("a checkpoint");
            }
        }
    }
}
