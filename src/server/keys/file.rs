//! The files in which the keys are kept beside SQLite's database, so that a copy of the database alone cannot sign. Only the
//! server's own user can read them. A first key of HS256 is in `….key`, as text. As soon as there is more to say, `….keys` takes its
//! place, a JSON object for each key.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use super::{error::KeyError, key::kept_secret};
use crate::server::store::KeptKey;

/// The path of the file with this database's only key.
pub fn key_path(database: &Path) -> PathBuf {
    database.with_extension("key")
}

/// The path of the file with several keys.
pub fn keys_path(database: &Path) -> PathBuf {
    database.with_extension("keys")
}

/// The keys that are kept beside this database.
///
/// # Errors
/// [`KeyError::File`], [`KeyError::TooShort`], [`KeyError::Broken`].
pub fn read(database: &Path) -> Result<Vec<KeptKey>, KeyError> {
    let several = keys_path(database);
    if let Some(text) = read_text(&several)? {
        return several_of(&text).ok_or(KeyError::Broken(several));
    }
    let one = key_path(database);
    if let Some(text) = read_text(&one)? {
        let secret = text.trim();
        return if secret.len() < 32 {
            Err(KeyError::TooShort(one))
        } else {
            Ok(vec![kept_secret(secret.to_owned(), 0)])
        };
    }
    // Another process may have put the one in the place of the other since.
    match read_text(&several)? {
        Some(text) => several_of(&text).ok_or(KeyError::Broken(several)),
        None => Ok(Vec::new()),
    }
}

/// Changes the keys that are kept beside this database, while no other process does.
///
/// # Errors
/// Those of [`read`], and of `change`. Nothing is changed then.
pub fn change(
    database: &Path,
    change: impl FnOnce(&mut Vec<KeptKey>) -> Result<(), KeyError>,
) -> Result<Vec<KeptKey>, KeyError> {
    let folder = folder(database);
    let failed = |error| KeyError::File(key_path(database), error);
    let lock = File::open(folder).map_err(failed)?;
    lock.lock().map_err(failed)?;
    let before = read(database)?;
    let mut keys = before.clone();
    change(&mut keys)?;
    if keys != before {
        write(database, &keys)?;
    }
    Ok(keys)
}

/// Keeps these keys. A process that is killed meanwhile leaves those of before, or these.
fn write(database: &Path, keys: &[KeptKey]) -> Result<(), KeyError> {
    let (one, several) = (key_path(database), keys_path(database));
    let (path, text, other) = match keys {
        [key] if key.is_first_secret() => (one, format!("{}\n", key.secret), several),
        keys => (several, lines(keys), one),
    };
    let failed = |error| KeyError::File(path.clone(), error);
    if !keys.is_empty() {
        replace(&path, &text).map_err(failed)?;
    } else if path.exists() {
        fs::remove_file(&path).map_err(failed)?;
    }
    match fs::remove_file(&other) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(KeyError::File(other, error)),
        _ => Ok(()),
    }
}

/// Puts a new file in the place of the one at `path`.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    // A process that was killed may have left one.
    if let Err(error) = fs::remove_file(&part)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(error);
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written?;
    // Some disks of a network cannot do that. The file itself is on the disk.
    let _ = File::open(folder(path)).and_then(|folder| folder.sync_all());
    Ok(())
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn read_text(path: &Path) -> Result<Option<String>, KeyError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(KeyError::File(path.to_owned(), error)),
    }
}

fn several_of(text: &str) -> Option<Vec<KeptKey>> {
    text.lines().map(|line| serde_json::from_str(line).ok()).collect()
}

fn lines(keys: &[KeptKey]) -> String {
    let line = |key: &KeptKey| serde_json::to_string(key).unwrap_or_default() + "\n";
    keys.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::server::{keys::key::new_key, settings::Algorithm};

    /// Keeps these keys beside the database in a folder.
    fn keep(folder: &Path, keys: &[KeptKey]) {
        change(&folder.join("cloakroom.db"), |kept| {
            keys.clone_into(kept);
            Ok(())
        })
        .expect("a writable folder");
    }

    fn kept(folder: &Path) -> Vec<KeptKey> {
        read(&folder.join("cloakroom.db")).expect("keys")
    }

    fn files(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("a file").file_name());
        let mut names: Vec<_> = names.map(|name| name.into_string().expect("UTF-8")).collect();
        names.sort();
        names
    }

    #[test]
    fn the_first_secret_is_kept_as_text_and_everything_else_as_json_and_for_its_owner_only() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let folder = folder.path();
        assert!(kept(folder).is_empty());
        let first = new_key(Algorithm::Hs256, 0).expect("a key");
        let next = KeptKey { verifies_until: Some(7), ..new_key(Algorithm::Es256, 5).expect("a key") };
        let later = new_key(Algorithm::Hs256, 5).expect("a key");
        for (keys, file) in [
            (vec![first.clone()], "cloakroom.key"),
            (vec![first.clone(), next.clone()], "cloakroom.keys"),
            (vec![later], "cloakroom.keys"),
            (vec![next], "cloakroom.keys"),
            (vec![first.clone()], "cloakroom.key"),
        ] {
            keep(folder, &keys);
            assert!(kept(folder) == keys);
            assert_eq!(files(folder), [file]);
            let mode = fs::metadata(folder.join(file)).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let text = fs::read_to_string(folder.join("cloakroom.key")).expect("a file");
        assert_eq!(text, format!("{}\n", first.secret));
        keep(folder, &[]);
        assert_eq!(files(folder), [""; 0]);
    }

    #[test]
    fn what_a_killed_process_left_is_no_key_and_does_not_stay() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let folder = folder.path();
        let [first, next] = [0, 5].map(|from| new_key(Algorithm::Hs256, from).expect("a key"));
        keep(folder, std::slice::from_ref(&first));
        fs::write(folder.join("cloakroom.keys.part"), "{").expect("a file");
        assert!(kept(folder) == [first.clone()]);
        keep(folder, &[first.clone(), next.clone()]);
        assert_eq!(files(folder), ["cloakroom.keys"]);
        // Killed before it had removed the file of before.
        fs::write(folder.join("cloakroom.key"), &first.secret).expect("a file");
        assert!(kept(folder) == [first, next]);
    }

    #[test]
    fn a_file_with_too_little_or_with_something_else_in_it_is_not_used_and_not_overwritten() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database = folder.path().join("cloakroom.db");
        let refused = |name: &str, text: &str| {
            fs::write(folder.path().join(name), text).expect("a writable folder");
            assert!(read(&database).is_err());
            let error = change(&database, |_| Ok(())).map(drop).expect_err("a refusal");
            assert_eq!(fs::read_to_string(folder.path().join(name)).expect("a file"), text);
            error
        };
        assert!(matches!(refused("cloakroom.key", "short\n"), KeyError::TooShort(_)));
        for text in ["short", "{}", "[]", "\n", r#"{"kid":"a","algorithm":"HS256","secret":"b","signs_from":0}x"#] {
            assert!(matches!(refused("cloakroom.keys", text), KeyError::Broken(_)), "{text}");
        }
    }
}
