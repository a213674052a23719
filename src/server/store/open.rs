//! Opening the database: what is there is looked at before anything is written, so that a file which is not ours, or
//! not yet ours, stays as it is.

use std::{
    fs::OpenOptions,
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
    time::Duration,
};

use quick_cache::sync::Cache;
use sqlx::{
    ConnectOptions, Connection, SqliteConnection, SqlitePool,
    migrate::{MigrateError, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use super::{CACHED_USERS, CacheCounters, Changes, Store};

/// The steps from an empty file to today's tables, part of the program.
static MIGRATIONS: Migrator = sqlx::migrate!();

/// Where sqlx notes which of them were taken.
const MIGRATIONS_TABLE: &str = "_sqlx_migrations";

/// Connections that answer queries. SQLite lets one write at a time, so more would only wait.
const CONNECTIONS: u32 = 4;
/// How long a query waits for another process's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the database cannot be used: one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not the URL of a file.
    #[error("database.url is sqlite:// and the path of a file, not {0:?}")]
    Url(String),
    /// The folder is not there and cannot be made.
    #[error("the folder {0} of the database cannot be created: {1}")]
    Folder(PathBuf, #[source] io::Error),
    /// The file cannot be opened or written.
    #[error("cannot open the database {0} ({1}): check that the file and its folder can be written")]
    Unusable(PathBuf, #[source] sqlx::Error),
    /// There is no such file, and a new one would be of no use.
    #[error("there is no database {0}: start the program where it is, or set database.url")]
    Missing(PathBuf),
    /// The file cannot be created.
    #[error("cannot create the database {0}: {1}")]
    File(PathBuf, #[source] io::Error),
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
    #[error("the database {0} cannot be brought up to date: {1}")]
    Migration(PathBuf, #[source] MigrateError),
}

impl Store {
    /// Opens the database at `url`, which has to be there.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open_existing(url: &str) -> Result<Self, OpenError> {
        let path = path(url)?;
        if path.exists() { Self::open(url).await } else { Err(OpenError::Missing(path)) }
    }

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
        } else {
            create(&path)?;
        }
        let options = options
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
        migrate(&pool).await.map_err(|error| OpenError::Migration(path.clone(), error))?;
        let watching = options.connect().await.map_err(unusable)?;
        Ok(Self {
            pool,
            changes: Changes::watch(watching),
            users: Arc::new(Cache::new(CACHED_USERS)),
            cache: CacheCounters::default(),
        })
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

/// Creates an empty file, which is an empty database, for its owner only: it will hold hashes and addresses. SQLite
/// gives the files that it puts beside it the same permissions.
fn create(path: &Path) -> Result<(), OpenError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| OpenError::Folder(folder.to_owned(), error))?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        // Another process was quicker.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(OpenError::File(path.to_owned(), error)),
    }
}

/// Brings the tables up to date. Where another process does that at the same moment, one of the two fails, and finds
/// everything done when it tries again.
async fn migrate(pool: &SqlitePool) -> Result<(), MigrateError> {
    for _ in 0..5 {
        if MIGRATIONS.run(pool).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    MIGRATIONS.run(pool).await
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
    let applied: Vec<(i64, Vec<u8>)> = if tables.iter().any(|table| table == MIGRATIONS_TABLE) {
        sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations ORDER BY version")
            .fetch_all(&mut connection)
            .await
            .map_err(unusable)?
    } else {
        Vec::new()
    };
    connection.close().await.map_err(unusable)?;
    // A start that was cut off may have left the table of migrations behind, empty and alone.
    let untouched = applied.is_empty() && tables.iter().all(|table| table == MIGRATIONS_TABLE);
    let ours = MIGRATIONS
        .iter()
        .zip(&applied)
        .all(|(known, (version, checksum))| known.version == *version && known.checksum[..] == checksum[..]);
    match applied.len() {
        0 if untouched => Ok(()),
        1.. if ours && applied.len() > MIGRATIONS.iter().count() => Err(OpenError::Newer(path.to_owned())),
        1.. if ours => Ok(()),
        _ => Err(OpenError::Foreign(path.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_promised_of_every_connection_holds() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(&format!("sqlite://{}", folder.path().join("cloakroom.db").display())).await;
        let pool = store.expect("a new database").pool;
        let pragma =
            async |sql: &'static str| sqlx::query_scalar::<_, i64>(sql).fetch_one(&pool).await.expect("a number");
        assert_eq!(pragma("PRAGMA synchronous").await, 2, "FULL: an acknowledged write is on the disk");
        assert_eq!(pragma("PRAGMA foreign_keys").await, 1);
        assert_eq!(pragma("PRAGMA busy_timeout").await, 5000);
        let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&pool).await.expect("a word");
        assert_eq!(journal, "wal");
    }
}
