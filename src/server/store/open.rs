//! Opening the database: what is there is looked at before anything is written, so that a file which is not ours, or
//! not yet ours, stays as it is.

use std::{
    io,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use quick_cache::sync::Cache;
use sqlx::{
    ConnectOptions, Connection, SqliteConnection,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{CACHED_USERS, Changes, Store};

/// The steps from an empty file to today's tables, part of the program.
static MIGRATIONS: Migrator = sqlx::migrate!();

/// Connections that answer queries. SQLite lets one write at a time, so more would only wait.
const CONNECTIONS: u32 = 4;
/// How long a query waits for another process's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the database can not be used: one line that says what to do. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not the URL of a file.
    #[error("database.url is sqlite:// and the path of a file, not {0:?}")]
    Url(String),
    /// The folder is not there and can not be made.
    #[error("the folder {0} of the database can not be created: {1}")]
    Folder(PathBuf, #[source] io::Error),
    /// The file can not be opened or written.
    #[error("the database {0} can not be opened: {1}: check that the file and its folder can be written")]
    Unusable(PathBuf, #[source] sqlx::Error),
    /// The file is something else.
    #[error("{0} is not a database: move it away or set database.url to another file")]
    NotADatabase(PathBuf),
    /// The database is somebody else's.
    #[error("{0} is the database of another program: set database.url to another file")]
    Foreign(PathBuf),
    /// The database is from the future.
    #[error("the database {0} is from a newer version of Cloakroom: start that version")]
    Newer(PathBuf),
    /// A migration failed.
    #[error("the database {0} can not be brought up to date: {1}")]
    Migration(PathBuf, #[source] MigrateError),
}

impl Store {
    /// Opens the database at `url`, creating what is missing.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        let options = file_options(url)?;
        let path = options.get_filename().to_owned();
        let unusable = |error| OpenError::Unusable(path.clone(), error);
        if path.exists() {
            inspect(&path).await?;
        } else if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| OpenError::Folder(folder.to_owned(), error))?;
        }
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // An acknowledged write is on the disk: NORMAL would lose the last ones with the power.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT)
            .disable_statement_logging();
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone())
            .await
            .map_err(unusable)?;
        MIGRATIONS.run(&pool).await.map_err(|error| OpenError::Migration(path.clone(), error))?;
        let watching = options.connect().await.map_err(unusable)?;
        Ok(Self { pool, changes: Changes::watch(watching), users: Arc::new(Cache::new(CACHED_USERS)) })
    }
}

/// The path of the file that `url` names.
///
/// # Errors
/// [`OpenError::Url`].
pub fn path(url: &str) -> Result<PathBuf, OpenError> {
    Ok(file_options(url)?.get_filename().to_owned())
}

fn file_options(url: &str) -> Result<SqliteConnectOptions, OpenError> {
    let refused = || OpenError::Url(url.to_owned());
    // A database in memory would be another one for each connection, and gone after the last.
    if !url.starts_with("sqlite:") || url.contains(":memory:") || url.contains("mode=memory") {
        return Err(refused());
    }
    let options = SqliteConnectOptions::from_str(url).map_err(|_| refused())?;
    if options.get_filename().as_os_str().is_empty() { Err(refused()) } else { Ok(options) }
}

/// Looks at a file that is there, without writing to it.
async fn inspect(path: &Path) -> Result<(), OpenError> {
    let unusable = |error: sqlx::Error| match &error {
        // SQLITE_NOTADB
        sqlx::Error::Database(database) if database.code().as_deref() == Some("26") => {
            OpenError::NotADatabase(path.to_owned())
        }
        _ => OpenError::Unusable(path.to_owned(), error),
    };
    let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY_TIMEOUT);
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(unusable)?;
    let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'")
        .fetch_all(&mut connection)
        .await
        .map_err(unusable)?;
    let newest = if tables.iter().any(|table| table == "_sqlx_migrations") {
        sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM _sqlx_migrations")
            .fetch_one(&mut connection)
            .await
            .map_err(unusable)?
    } else {
        0
    };
    connection.close().await.map_err(unusable)?;
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default();
    // Migrations of ours always create `users`; a database with tables but without it belongs to somebody else.
    if newest > known {
        Err(OpenError::Newer(path.to_owned()))
    } else if !tables.is_empty() && newest == 0 {
        Err(OpenError::Foreign(path.to_owned()))
    } else {
        Ok(())
    }
}
