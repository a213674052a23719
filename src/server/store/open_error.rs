//! Why a database cannot be opened, and whose tables it has.

use std::{fmt, io, path::PathBuf};

use sqlx::migrate::{MigrateError, Migrator};

use super::error::{StoreError, reason};

/// The table in which sqlx records the applied migrations.
pub(super) const MIGRATIONS_TABLE: &str = "_sqlx_migrations";

/// Why the database cannot be used. The message is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL names neither a file nor an address of PostgreSQL. It may have a password, so it is not shown.
    #[error("database.url is sqlite:// and the path of a file, or postgres:// and an address, and not what is set")]
    Url,
    /// The folder does not exist and cannot be created.
    #[error("the folder {0} of the database cannot be created: {1}")]
    Folder(PathBuf, #[source] io::Error),
    /// The file cannot be opened or written.
    #[error("cannot open the database {0} ({reason}): check that the file and its folder can be written", reason = reason(.1))]
    Unusable(PathBuf, #[source] sqlx::Error),
    /// The file does not exist, and the command needs an existing database.
    #[error("there is no database {0}: start the program in the right folder, or set database.url")]
    Missing(PathBuf),
    /// The file cannot be created.
    #[error("cannot create the database {0}: {1}")]
    File(PathBuf, #[source] io::Error),
    /// The file is not a database.
    #[error("{0} is not a database: move it away or set database.url to another file")]
    NotADatabase(PathBuf),
    /// The database belongs to another program.
    #[error("{0} is the database of another program: set database.url to another one")]
    Foreign(String),
    /// The database is from a newer version of the program.
    #[error("the database {0} is from a newer version of Cloakroom: start that version")]
    Newer(String),
    /// The index of the write-ahead log cannot be read.
    #[error("cannot read the write-ahead log's index of the database {0} ({1}): put the database on a local disk")]
    Index(PathBuf, #[source] io::Error),
    /// A migration failed.
    #[error("the database {0} cannot be brought up to date: {1}")]
    Migration(String, #[source] MigrateError),
    /// The URL of PostgreSQL is wrong. It may have a password, so it is not shown.
    #[error("database.url is no address of PostgreSQL ({0}): postgres://user:password@host:port/database")]
    Address(String),
    /// The URL of PostgreSQL has a parameter that nobody knows.
    #[error(
        "database.url has an unknown parameter {0:?}: sslmode, sslrootcert, sslcert and sslkey are some of those it may have"
    )]
    Parameter(String),
    /// PostgreSQL does not answer, or refuses.
    #[error("cannot open the database {0} ({reason}): check database.url, and that PostgreSQL runs", reason = reason(.1))]
    Unreachable(String, #[source] sqlx::Error),
    /// The database of PostgreSQL has no tables, and the command needs an existing database.
    #[error("there are no users in the database {0}, and no tables: set database.url to the right one")]
    Empty(String),
    /// The database keeps texts in another encoding.
    #[error("the database {0} has the encoding {1}: create one with the encoding UTF8")]
    Encoding(String, String),
    /// The texts for searches cannot be filled.
    #[error("the texts for searches cannot be filled ({0})")]
    Unfilled(#[source] StoreError),
}

/// Checks whose tables a database has. `applied` are the versions and checksums of its migrations. `is_empty` says that it has
/// no other table than theirs: an interrupted start may leave that.
///
/// # Errors
/// [`OpenError::Newer`], [`OpenError::Foreign`].
pub(super) fn is_ours(
    known: &Migrator,
    applied: &[(i64, Vec<u8>)],
    is_empty: bool,
    place: &dyn fmt::Display,
) -> Result<(), OpenError> {
    let ours = known
        .iter()
        .zip(applied)
        .all(|(known, (version, checksum))| known.version == *version && known.checksum[..] == checksum[..]);
    match applied.len() {
        0 if is_empty => Ok(()),
        1.. if ours && applied.len() > known.iter().count() => Err(OpenError::Newer(place.to_string())),
        1.. if ours => Ok(()),
        _ => Err(OpenError::Foreign(place.to_string())),
    }
}
