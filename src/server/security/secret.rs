//! The key that tokens are signed with, where the settings name none: made on the first start, kept beside the
//! database, readable by the server's own user only.

use std::{
    fmt::Write as _,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// A key cannot be made, kept or read.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The system has no randomness to give.
    #[error("no random key could be made: {0}")]
    Random(#[from] getrandom::Error),
    /// The file cannot be written or read.
    #[error("the key file {0} cannot be used: {1}")]
    File(PathBuf, #[source] io::Error),
    /// The file holds something else.
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

/// The key kept beside this database; on the first call a new one.
///
/// # Errors
/// [`SecretError`].
pub fn kept_secret_key(database: &Path) -> Result<String, SecretError> {
    let path = database.with_extension("key");
    let unusable = |error| SecretError::File(path.clone(), error);
    let new = new_secret_key()?;
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
        Ok(mut file) => {
            file.write_all(format!("{new}\n").as_bytes()).and_then(|()| file.sync_all()).map_err(unusable)?;
            tracing::info!(path = %path.display(), "made a key to sign tokens with");
            Ok(new)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let kept = fs::read_to_string(&path).map_err(unusable)?.trim().to_owned();
            if kept.len() < 32 { Err(SecretError::TooShort(path)) } else { Ok(kept) }
        }
        Err(error) => Err(unusable(error)),
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
    fn a_key_file_with_too_little_in_it_is_not_used() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("cloakroom.key"), "short\n").expect("a writable folder");
        let refused = kept_secret_key(&folder.path().join("cloakroom.db"));
        assert!(matches!(refused, Err(SecretError::TooShort(_))));
    }
}
