//! The files in which the keys are kept beside SQLite's database, so that a copy of the database alone cannot sign. Only the
//! server's own user can read them: they belong to the owner of the database, whoever writes them. A first key of HS256 is in `….key`, as
//! text. As soon as there is more to say, `….keys` takes its place, a JSON object for each key. Whoever changes them locks `….lock`.

use std::{
    collections::HashSet,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt, fchown},
    path::{Path, PathBuf},
    thread::sleep,
    time::Duration,
};

use super::{error::KeyError, key::kept_secret};
use crate::server::{clock, store::KeptKey};

/// How long to wait for somebody else who changes the keys. That takes some milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait before the lock is tried again.
const PAUSE: Duration = Duration::from_millis(20);

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
    // It is let go when the function ends.
    let _lock = lock(database, PATIENCE)?;
    let before = read(database)?;
    let mut keys = before.clone();
    change(&mut keys)?;
    // A process that was killed has left both files. Nobody shall find the keys of before in the other one.
    if keys != before || (key_path(database).exists() && keys_path(database).exists()) {
        write(database, &keys)?;
    }
    Ok(keys)
}

/// Waits until nobody else changes the keys. The lock is on a file that only the database's owner can open: anybody who can open a file
/// can lock it.
fn lock(database: &Path, patience: Duration) -> Result<File, KeyError> {
    let path = database.with_extension("lock");
    let failed = |error| KeyError::File(path.clone(), error);
    let file = match create(&path, database) {
        Err(KeyError::File(_, error)) if error.kind() == io::ErrorKind::AlreadyExists => {
            File::open(&path).map_err(failed)?
        }
        created => created?,
    };
    let until = clock::monotonic() + patience;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
            Err(TryLockError::WouldBlock) if clock::monotonic() >= until => {
                return Err(KeyError::Busy(path, patience.as_secs()));
            }
            Err(TryLockError::WouldBlock) => sleep(PAUSE),
        }
    }
}

/// Creates a file that only the owner of the database can open. The operator may be another user, such as root.
fn create(path: &Path, database: &Path) -> Result<File, KeyError> {
    let failed = |error| KeyError::File(path.to_owned(), error);
    // Never one that is there: it may be a link, which its maker has put there for root to follow.
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    // A database that does not exist yet will be that of whoever makes the file.
    let Ok(of_database) = fs::metadata(database) else { return Ok(file) };
    if file.metadata().map_err(failed)?.uid() != of_database.uid()
        && let Err(error) = fchown(&file, Some(of_database.uid()), Some(of_database.gid()))
    {
        let _ = fs::remove_file(path);
        return Err(KeyError::Owner(path.to_owned(), error));
    }
    Ok(file)
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
        replace(&path, &text, database)?;
    } else if path.exists() {
        fs::remove_file(&path).map_err(failed)?;
    }
    match fs::remove_file(&other) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(KeyError::File(other, error)),
        _ => Ok(()),
    }
}

/// Puts a new file in the place of the one at `path`.
fn replace(path: &Path, text: &str, database: &Path) -> Result<(), KeyError> {
    let failed = |error| KeyError::File(path.to_owned(), error);
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    // A process that was killed may have left one.
    if let Err(error) = fs::remove_file(&part)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(failed(error));
    }
    let mut file = create(&part, database)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written.map_err(failed)?;
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

/// `None` without any key, as a disk that is full leaves the file, and with one that is there twice.
fn several_of(text: &str) -> Option<Vec<KeptKey>> {
    let keys: Vec<KeptKey> = text.lines().map(|line| serde_json::from_str(line).ok()).collect::<Option<_>>()?;
    let kids: HashSet<_> = keys.iter().map(|key| &key.kid).collect();
    (!keys.is_empty() && kids.len() == keys.len()).then_some(keys)
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
        names.retain(|name| name != "cloakroom.lock");
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
        assert!(kept(folder) == [first.clone(), next.clone()]);
        keep(folder, &[first, next]);
        assert_eq!(files(folder), ["cloakroom.keys"], "also if nothing else is changed");
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
        let one = r#"{"kid":"a","algorithm":"HS256","secret":"b","signs_from":0,"verifies_until":null}"#;
        for text in ["", "short", "{}", "[]", "\n", &format!("{one}x"), &format!("{one}\n{one}")] {
            assert!(matches!(refused("cloakroom.keys", text), KeyError::Broken(_)), "{text}");
        }
        fs::write(folder.path().join("cloakroom.keys"), one).expect("a writable folder");
        assert_eq!(read(&database).expect("a key").len(), 1);
    }

    #[test]
    fn only_the_owner_can_lock_and_nobody_waits_for_ever() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database = folder.path().join("cloakroom.db");
        // As anybody may who can read the folder.
        let strangers = File::open(folder.path()).expect("a folder");
        strangers.lock().expect("a lock");
        let held = lock(&database, Duration::ZERO).expect("a lock");
        let path = folder.path().join("cloakroom.lock");
        assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
        let refused = lock(&database, Duration::ZERO).expect_err("it is held");
        assert!(matches!(&refused, KeyError::Busy(file, _) if *file == path));
        drop(held);
        lock(&database, Duration::ZERO).expect("a lock");
    }

    #[test]
    fn a_file_that_is_written_belongs_to_the_owner_of_the_database() {
        const NOBODY: u32 = 65_534;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let database = folder.path().join("cloakroom.db");
        fs::write(&database, "").expect("a file");
        if std::os::unix::fs::chown(&database, Some(NOBODY), Some(NOBODY)).is_err() {
            // Only root can try it.
            return;
        }
        let key = new_key(Algorithm::Hs256, 0).expect("a key");
        for keys in [vec![key.clone()], vec![key, new_key(Algorithm::EdDsa, 5).expect("a key")]] {
            keep(folder.path(), &keys);
            for name in files(folder.path()).iter().map(String::as_str).chain(["cloakroom.lock"]) {
                let file = fs::metadata(folder.path().join(name)).expect("a file");
                assert_eq!((file.uid(), file.gid()), (NOBODY, NOBODY), "{name}");
            }
        }
    }
}
