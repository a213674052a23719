//! The key that signs tokens, if the settings have none. It is made on the first start and stored beside the database.
//! Only the server's own user can read it.

use std::{
    collections::HashSet,
    fmt::Write as _,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// Why a key cannot be made, stored or read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The system provides no randomness.
    #[error("no random key could be made: {0}")]
    Random(#[from] getrandom::Error),
    /// The file cannot be written or read.
    #[error("the key file {0} cannot be used: {1}")]
    File(PathBuf, #[source] io::Error),
    /// The file holds fewer than 32 bytes.
    #[error("the key file {0} holds fewer than 32 bytes: remove it, or set token.secret-key")]
    TooShort(PathBuf),
}

/// A new key: 32 random bytes as 64 hexadecimal digits, like `openssl rand -hex 32`.
///
/// # Errors
/// [`SecretError::Random`].
pub fn new_secret_key() -> Result<String, SecretError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// Keys that are known to everybody, because they are published: the FastAPI tutorial's key, jwt.io's default key, and
/// RFC 7515's example (appendix A.1).
const PUBLISHED: [&str; 3] = [
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    "a-string-secret-at-least-256-bits-long",
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
];
/// A random key of 32 hexadecimal digits has about 14 different digits. A key with fewer different bytes than this is
/// not random.
const LEAST_DIFFERENT_BYTES: usize = 6;
/// The longest pattern, in bytes, that a key may not consist of.
const LONGEST_PATTERN: usize = 16;

/// Whether anybody can know or guess this key: it is published, or it repeats a short pattern.
pub fn is_known_to_everybody(key: &str) -> bool {
    let published = PUBLISHED.iter().any(|published| key.trim().eq_ignore_ascii_case(published));
    let bytes = key.trim().as_bytes();
    let repeats = |period: usize| bytes.len() >= 2 * period && bytes.iter().zip(&bytes[period..]).all(|(a, b)| a == b);
    let is_pattern = (1..=LONGEST_PATTERN).any(repeats);
    published || is_pattern || bytes.iter().collect::<HashSet<_>>().len() < LEAST_DIFFERENT_BYTES
}

/// The path of this database's key file.
pub fn key_path(database: &Path) -> PathBuf {
    database.with_extension("key")
}

/// The key that is stored beside this database. The first call makes it.
///
/// # Errors
/// [`SecretError`].
pub fn kept_secret_key(database: &Path) -> Result<String, SecretError> {
    let new = new_secret_key()?;
    if store_secret_key(database, &new)? {
        tracing::info!(path = %key_path(database).display(), "made a key that signs tokens");
        return Ok(new);
    }
    // It was there.
    stored_secret_key(database)?.ok_or_else(|| SecretError::File(key_path(database), io::ErrorKind::NotFound.into()))
}

/// The key that is stored beside this database, if there is one.
///
/// # Errors
/// [`SecretError`].
pub fn stored_secret_key(database: &Path) -> Result<Option<String>, SecretError> {
    let path = key_path(database);
    match fs::read_to_string(&path) {
        Ok(text) if text.trim().len() < 32 => Err(SecretError::TooShort(path)),
        Ok(text) => Ok(Some(text.trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(SecretError::File(path, error)),
    }
}

/// Stores a key beside this database, for its owner only. Returns false if there is a key already: it stays.
///
/// # Errors
/// [`SecretError::File`].
pub fn store_secret_key(database: &Path, key: &str) -> Result<bool, SecretError> {
    let path = key_path(database);
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
        Ok(mut file) => {
            let written = file.write_all(format!("{key}\n").as_bytes()).and_then(|()| file.sync_all());
            if written.is_err() {
                // A part of a key is none. The next attempt may have room.
                let _ = fs::remove_file(&path);
            }
            written.map(|()| true).map_err(|error| SecretError::File(path, error))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(SecretError::File(path, error)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_key_is_made_once_and_kept_for_its_owner_only() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database = folder.path().join("cloakroom.db");
        let first = kept_secret_key(&database).expect("a key");
        assert_eq!(first.len(), 64);
        assert_eq!(kept_secret_key(&database).expect("the same key"), first);
        let mode = fs::metadata(folder.path().join("cloakroom.key")).expect("the key file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_ne!(new_secret_key().expect("another key"), first);
    }

    #[test]
    fn a_key_that_was_printed_or_is_a_pattern_is_known_to_everybody_and_a_random_one_is_not() {
        let uppercase = PUBLISHED[0].to_uppercase();
        for known in PUBLISHED.into_iter().chain([
            &*uppercase,
            &"0".repeat(64),
            &"abc".repeat(20),
            &"12345".repeat(8),
            &"password".repeat(4),
            &"0123456789".repeat(4),
        ]) {
            assert!(is_known_to_everybody(known), "{known}");
        }
        for _ in 0..1000 {
            assert!(!is_known_to_everybody(&new_secret_key().expect("a key")));
        }
        assert!(!is_known_to_everybody("correct horse battery staple, says the owner"));
    }

    #[test]
    fn a_key_file_with_too_little_in_it_is_not_used() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("cloakroom.key"), "short\n").expect("a writable folder");
        let refused = kept_secret_key(&folder.path().join("cloakroom.db"));
        assert!(matches!(refused, Err(SecretError::TooShort(_))));
    }
}
