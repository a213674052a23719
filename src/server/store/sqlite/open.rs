//! Opening the database. An existing file is inspected before anything is written. So a file of another program or of a
//! newer version is not changed.

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

use super::{CACHED, Sqlite, file::DatabaseFile, readers::Readers, sweeper::Sweeper, wal_index::WalIndex};
use crate::server::store::{
    lookups::{self, Lookups},
    open_error::{MIGRATIONS_TABLE, OpenError, is_ours},
};

/// The migrations from an empty file to the current tables. They are compiled into the program.
static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// How long a write waits for its turn, and how long it then waits for another process's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

impl Sqlite {
    /// Opens the database at `url`. Creates the folder, the file and the tables if they are missing.
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
            // An acknowledged write is on the disk. With NORMAL, a power failure would lose the last writes.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // What is deleted is overwritten with zeros: nothing of a deleted user stays in the file.
            .pragma("secure_delete", "ON")
            .busy_timeout(BUSY_TIMEOUT)
            .disable_statement_logging();
        let file = DatabaseFile::at(&path).map_err(|error| OpenError::File(path.clone(), error))?;
        let checked = file.clone();
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(BUSY_TIMEOUT)
            .idle_timeout(None)
            .max_lifetime(None)
            // A connection that is opened later must not be to another file.
            .after_connect(move |_, _| {
                let file = checked.clone();
                Box::pin(async move { file.check().await.map_err(|error| io::Error::other(error).into()) })
            })
            .connect_with(options.clone())
            .await
            .map_err(unusable)?;
        migrate(&writer).await.map_err(|error| OpenError::Migration(path.display().to_string(), error))?;
        // It never waits: while it waited, nobody else could write.
        let sweeping = options.clone().busy_timeout(Duration::ZERO);
        let read_only = options.pragma("query_only", "ON");
        let readers = Readers::open(&read_only).await.map_err(unusable)?;
        let lookups = Lookups::start(lookups::Source::Sqlite(read_only.connect().await.map_err(unusable)?));
        let wal_index = WalIndex::open(&path).map_err(|error| OpenError::Index(path.clone(), error))?;
        Ok(Self {
            readers,
            writer,
            last_write_failed: Arc::default(),
            wal_index,
            lookups,
            sweeper: Sweeper::new(sweeping, file.clone()),
            file,
            users: Cache::new(CACHED),
            keys: Cache::new(CACHED),
        })
    }

    /// Moves the write-ahead log into the file itself: until then, everything that a first start writes is in the log. On a
    /// full disk that fails, and what is there can still be read.
    pub async fn checkpoint(&self) {
        if let Err(error) = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.writer).await {
            tracing::warn!(%error, "the write-ahead log was not moved into the database");
        }
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
    // In memory, each connection would have a separate database, and it would end with the connection.
    if !url.starts_with("sqlite:") || url.contains(":memory:") || url.contains("mode=memory") {
        return Err(OpenError::Url);
    }
    let options = SqliteConnectOptions::from_str(url).map_err(|_| OpenError::Url)?;
    if options.get_filename().as_os_str().is_empty() { Err(OpenError::Url) } else { Ok(options) }
}

/// Creates an empty file, which is an empty database. Only its owner can read it: it will hold hashes and addresses.
/// SQLite gives the same permissions to the files that it creates beside it.
fn create(path: &Path) -> Result<(), OpenError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| OpenError::Folder(folder.to_owned(), error))?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        // Another process has just created the file.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(OpenError::File(path.to_owned(), error)),
    }
}

/// Applies the migrations. If another process does this at the same time, one of the two fails. Its next attempt then
/// finds everything done.
async fn migrate(pool: &SqlitePool) -> Result<(), MigrateError> {
    for _ in 0..5 {
        if MIGRATIONS.run(pool).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    MIGRATIONS.run(pool).await
}

/// Inspects an existing file, without writing to it.
///
/// # Errors
/// [`OpenError`].
pub async fn inspect(path: &Path) -> Result<(), OpenError> {
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
    let is_empty = tables.iter().all(|table| table == MIGRATIONS_TABLE);
    is_ours(&MIGRATIONS, &applied, is_empty, &path.display())
}

#[cfg(test)]
mod tests {
    use crate::server::store::testing::new_store;

    #[tokio::test]
    async fn what_is_promised_of_every_connection_holds() {
        let (_folder, store) = new_store().await;
        let mut reader = store.sqlite().readers.get().await.expect("a connection");
        let mut write = store.sqlite().writer.acquire().await.expect("a connection");
        for (connection, query_only) in [(&mut *reader, 1), (&mut *write, 0)] {
            let pragmas = [
                // FULL: an acknowledged write is on the disk.
                ("PRAGMA synchronous", 2),
                ("PRAGMA foreign_keys", 1),
                ("PRAGMA busy_timeout", 5000),
                ("PRAGMA query_only", query_only),
            ];
            for (pragma, expected) in pragmas {
                let value: i64 = sqlx::query_scalar(pragma).fetch_one(&mut *connection).await.expect("a number");
                assert_eq!(value, expected, "{pragma}");
            }
        }
        let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *write).await.expect("a word");
        assert_eq!(journal, "wal");
    }
}
