//! Opening a database of PostgreSQL. It is inspected before anything is written, as the one of another program must not be
//! changed. Several servers may start at once: sqlx takes a lock while it migrates.

use std::{io, str::FromStr, time::Duration};

use sqlx::{ConnectOptions, Connection, PgConnection, migrate::Migrator, postgres::PgConnectOptions};
use tokio::time::timeout;
use url::Url;

use super::{Postgres, connections::Connections};
use crate::server::{
    settings::DatabaseSettings,
    store::{
        lookups::{self, Lookups},
        open_error::{MIGRATIONS_TABLE, OpenError, is_ours},
    },
};

/// The migrations from an empty database to the current tables. They are compiled into the program.
static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// How long PostgreSQL may take to answer at the start.
const START: Duration = Duration::from_secs(10);

impl Postgres {
    /// Opens the database that the settings name. With `creates`, it creates the tables if they are missing.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(settings: &DatabaseSettings, creates: bool) -> Result<Self, OpenError> {
        let patience = Duration::from_secs(settings.timeout.into());
        let milliseconds = patience.as_millis().to_string();
        let url = Url::parse(&settings.url).map_err(|error| OpenError::Address(error.to_string()))?;
        if let Some((unknown, _)) = url.query_pairs().find(|(name, _)| !is_parameter(name)) {
            // It is a mistyped name, or the rest of a password with a question mark, which must not be shown.
            let is_a_name = unknown.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            return Err(if is_a_name { OpenError::Parameter(unknown.into_owned()) } else { encode() });
        }
        let options = PgConnectOptions::from_str(&settings.url)
            // The error may have a part of the password.
            .map_err(|_| OpenError::Address("a parameter has no such value".to_owned()))?
            .disable_statement_logging()
            // What nobody waits for any more ends by itself, and holds no lock.
            .options([
                ("client_min_messages", "warning"),
                ("statement_timeout", milliseconds.as_str()),
                ("idle_in_transaction_session_timeout", milliseconds.as_str()),
            ]);
        let place = place(&options);
        if options.get_database().is_some_and(|name| name.contains(['/', '@', ':'])) {
            return Err(encode());
        }
        let unreachable = |error| OpenError::Unreachable(place.clone(), error);
        let inspected = timeout(START, inspect(&options, &place)).await;
        let mut is_newer = false;
        match inspected.map_err(|_| unreachable(gave_up()))? {
            // A release only adds to the tables. So a server of the release before it works on them.
            Err(OpenError::Newer(_)) => {
                tracing::warn!(database = place, "the tables are those of a newer version: update this server too");
                is_newer = true;
            }
            inspected => {
                let applied = inspected?;
                if applied == 0 && !creates {
                    return Err(OpenError::Empty(place));
                }
                // Without a need, no lock is taken: pgbouncer may not keep it.
                if applied < MIGRATIONS.iter().count() {
                    migrate(&options).await.map_err(|error| OpenError::Migration(place.clone(), error))?;
                }
            }
        }
        let of_tokens = Connections::new(options.clone(), 1, patience);
        let connections = Connections::new(options, settings.connections.saturating_sub(1), patience);
        let [lookups, key_lookups] =
            [&of_tokens, &connections].map(|source| Lookups::start(lookups::Source::Postgres(source.clone())));
        Ok(Self { connections, of_tokens, is_newer, lookups, key_lookups })
    }
}

/// The parameters that sqlx knows, in libpq's words. It ignores others: with a typing mistake, TLS would not be checked.
fn is_parameter(name: &str) -> bool {
    const NAMES: [&str; 11] = [
        "sslmode",
        "sslrootcert",
        "sslcert",
        "sslkey",
        "application_name",
        "options",
        "host",
        "port",
        "user",
        "password",
        "dbname",
    ];
    NAMES.contains(&name) || (name.starts_with("options[") && name.ends_with(']'))
}

/// The password has a character that means something else in a URL.
fn encode() -> OpenError {
    OpenError::Address("write /, @, : and ? of the password as %2F, %40, %3A and %3F".to_owned())
}

fn gave_up() -> sqlx::Error {
    io::Error::new(io::ErrorKind::TimedOut, "it does not answer").into()
}

/// Where the database is, without the password.
fn place(options: &PgConnectOptions) -> String {
    let host = options.get_socket().map_or_else(|| options.get_host().to_owned(), |path| path.display().to_string());
    let database = options.get_database().unwrap_or_else(|| options.get_username());
    format!("{database} at {host}:{}", options.get_port())
}

/// Applies the migrations, on a connection that may wait: another server may be migrating.
async fn migrate(options: &PgConnectOptions) -> Result<(), sqlx::migrate::MigrateError> {
    let mut connection = options.clone().options([("statement_timeout", "0")]).connect().await?;
    let migrated = MIGRATIONS.run(&mut connection).await;
    connection.close().await?;
    migrated
}

/// Inspects a database, without writing to it. Returns how many migrations it has.
async fn inspect(options: &PgConnectOptions, place: &str) -> Result<usize, OpenError> {
    let unreachable = |error| OpenError::Unreachable(place.to_owned(), error);
    let mut connection = PgConnection::connect_with(options).await.map_err(unreachable)?;
    let encoding: String =
        sqlx::query_scalar("SHOW server_encoding").fetch_one(&mut connection).await.map_err(unreachable)?;
    if encoding != "UTF8" {
        return Err(OpenError::Encoding(place.to_owned(), encoding));
    }
    // Tables, views, foreign tables and sequences.
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT CAST(relname AS TEXT) FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f', 'S') \
         AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())",
    )
    .fetch_all(&mut connection)
    .await
    .map_err(unreachable)?;
    let applied: Vec<(i64, Vec<u8>)> = if tables.iter().any(|table| table == MIGRATIONS_TABLE) {
        sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations ORDER BY version")
            .fetch_all(&mut connection)
            .await
            .map_err(unreachable)?
    } else {
        Vec::new()
    };
    connection.close().await.map_err(unreachable)?;
    let is_empty = tables.iter().all(|table| table == MIGRATIONS_TABLE);
    is_ours(&MIGRATIONS, &applied, is_empty, &place)?;
    Ok(applied.len())
}
