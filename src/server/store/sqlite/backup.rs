//! A backup: a consistent copy of a database that is in use. Nobody waits for it, and nothing is written to the database.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::open::inspect;
use crate::server::store::OpenError;

/// What a backup contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackedUp {
    /// Users.
    pub users: i64,
    /// Items.
    pub items: i64,
}

/// Why there is no backup. The message is one line.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database is on PostgreSQL.
    #[error("the database is on PostgreSQL, which has backups of its own: pg_dump, for example")]
    Postgres,
    /// The database cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A file must not be overwritten: it may be the last good backup.
    #[error("{0} is there already: choose another name, or remove it")]
    Exists(PathBuf),
    /// The name is that of a part of the database.
    #[error("{0} would be taken for a part of the database itself: choose another name")]
    OwnFile(PathBuf),
    /// The file cannot be written.
    #[error("the backup {0} cannot be written: {1}")]
    File(PathBuf, #[source] io::Error),
    /// SQLite cannot make the copy.
    #[error("the backup {0} cannot be made: {1}")]
    Copy(PathBuf, #[source] sqlx::Error),
    /// What was written is not what was read.
    #[error("the backup is broken, and was removed: {0}. The database or the disk may be damaged")]
    Broken(String),
}

/// Copies the database `from` into a new file, which only its owner can read.
///
/// # Errors
/// [`BackupError`]. There is no new file then.
pub async fn back_up(from: &Path, to: &Path) -> Result<BackedUp, BackupError> {
    // A first start that was cut off may leave an empty file.
    if fs::metadata(from).map_or(0, |file| file.len()) == 0 {
        return Err(OpenError::Missing(from.to_owned()).into());
    }
    inspect(from).await?;
    if to.exists() {
        return Err(BackupError::Exists(to.to_owned()));
    }
    if is_beside(from, to) {
        return Err(BackupError::OwnFile(to.to_owned()));
    }
    // Under another name until it is whole. So a backup that was cut off is never taken for one.
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let made = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(BackupError::Exists(part)),
        Err(error) => return Err(BackupError::File(part, error)),
        Ok(_) => fill(from, &part, to).await,
    };
    if made.is_err() {
        let mut journal = part.clone().into_os_string();
        journal.push("-journal");
        // If they cannot be removed, the error says what is wrong with them.
        let _ = (fs::remove_file(&part), fs::remove_file(journal));
    }
    made
}

/// Whether SQLite would take a new file for a part of the database. It would use it, and destroy one of the two.
fn is_beside(database: &Path, file: &Path) -> bool {
    let absolute = |path: &Path| Some(fs::canonicalize(path.parent()?.join(".")).ok()?.join(path.file_name()?));
    let name = |path: PathBuf| path.into_os_string().into_encoded_bytes();
    let (Ok(database), Some(file)) = (fs::canonicalize(database), absolute(file).map(name)) else { return false };
    let database = name(database);
    [&b"-wal"[..], b"-shm", b"-journal"].iter().any(|ending| [&database, *ending].concat() == file)
}

async fn fill(from: &Path, part: &Path, to: &Path) -> Result<BackedUp, BackupError> {
    let failed = |error| BackupError::Copy(to.to_owned(), error);
    let file_failed = |error| BackupError::File(to.to_owned(), error);
    // An absolute path is never taken for a URI.
    let path = fs::canonicalize(part).map_err(file_failed)?;
    let Some(text) = path.to_str() else {
        return Err(file_failed(io::Error::new(io::ErrorKind::InvalidInput, "the path is not UTF-8")));
    };
    let mut connection = read_only(from).await.map_err(failed)?;
    // What was deleted is not in it.
    sqlx::query("VACUUM INTO $1").bind(text).execute(&mut connection).await.map_err(failed)?;
    connection.close().await.map_err(failed)?;
    let backed_up = check(&path).await?;
    // SQLite does not wait for the disk here.
    File::open(&path).and_then(|file| file.sync_all()).map_err(file_failed)?;
    name(&path, to)?;
    if let Some(folder) = path.parent() {
        // Some disks of a network cannot do that. The backup itself is on the disk.
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(backed_up)
}

/// Gives the backup its name, unless a file has that name by now.
fn name(part: &Path, to: &Path) -> Result<(), BackupError> {
    let exists = || BackupError::Exists(to.to_owned());
    match fs::hard_link(part, to) {
        Ok(()) => fs::remove_file(part),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(exists()),
        // Some file systems have no hard links.
        Err(_) if to.exists() => return Err(exists()),
        Err(_) => fs::rename(part, to),
    }
    .map_err(|error| BackupError::File(to.to_owned(), error))
}

/// Reads all of a backup.
async fn check(path: &Path) -> Result<BackedUp, BackupError> {
    let failed = |error: sqlx::Error| BackupError::Broken(error.to_string());
    let mut connection = read_only(path).await.map_err(failed)?;
    let found: String =
        sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(&mut connection).await.map_err(failed)?;
    if found != "ok" {
        return Err(BackupError::Broken(found));
    }
    let users = sqlx::query_scalar("SELECT COUNT(*) FROM users").fetch_one(&mut connection).await.map_err(failed)?;
    let items = sqlx::query_scalar("SELECT COUNT(*) FROM items").fetch_one(&mut connection).await.map_err(failed)?;
    connection.close().await.map_err(failed)?;
    Ok(BackedUp { users, items })
}

async fn read_only(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true).disable_statement_logging();
    options.connect().await
}
