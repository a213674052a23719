//! A store for tests of one file.

use std::path::PathBuf;

use tempfile::TempDir;

use super::{DatabaseSettings, NewUser, Store};
use crate::model::Scopes;

/// A new SQLite database, in a folder of its own.
pub async fn new_store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let settings = DatabaseSettings::at(format!("sqlite://{}", file_of(&folder).display()));
    let store = Store::open(&settings).await.expect("a new database");
    (folder, store)
}

/// The database's file.
pub fn file_of(folder: &TempDir) -> PathBuf {
    folder.path().join("cloakroom.db")
}

/// The user `user-NUMBER`, with this hash.
pub fn user(number: usize, hash: &str) -> NewUser {
    NewUser {
        id: format!("id-{number}"),
        username: format!("user-{number}"),
        email: None,
        full_name: None,
        hashed_password: hash.to_owned(),
        disabled: false,
        scopes: Scopes::AT_SIGN_UP,
        created_at: 0,
    }
}
