//! A database for one test: a file of SQLite, or a schema of its own in the PostgreSQL that `CLOAKROOM_TEST_POSTGRES` names.

use std::{path::Path, time::Duration};

use sqlx::{
    AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection, raw_sql, sqlite::SqliteConnectOptions,
};

/// A database. Dropping it removes it from PostgreSQL.
pub struct Database {
    /// For `database.url`.
    pub url: String,
    /// On PostgreSQL, the name of the schema and the address of the server.
    on: Option<(String, String)>,
}

/// Another program's connection.
pub enum Other {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Database {
    /// A new one. With SQLite it is the file `cloakroom.db` in `folder`, which is not created yet.
    pub async fn new(folder: &Path) -> Self {
        let Ok(server) = std::env::var("CLOAKROOM_TEST_POSTGRES") else {
            return Self { url: format!("sqlite://{}", folder.join("cloakroom.db").display()), on: None };
        };
        let name = format!("cloakroom_test_{}", uuid::Uuid::new_v4().simple());
        let create = AssertSqlSafe(format!("CREATE SCHEMA {name}"));
        connect(&server).await.execute(raw_sql(create)).await.expect("a new schema");
        let mut url = url::Url::parse(&server).expect("a URL");
        url.query_pairs_mut().append_pair("options[search_path]", &name).append_pair("application_name", &name);
        Self { url: url.to_string(), on: Some((name, server)) }
    }

    /// Whether it is on PostgreSQL.
    pub fn is_postgres(&self) -> bool {
        self.on.is_some()
    }

    /// Another program's connection.
    pub async fn connect(&self) -> Other {
        Other::to(&self.url).await
    }
}

impl Other {
    /// Another program's connection to the database at `url`.
    pub async fn to(url: &str) -> Self {
        if url.starts_with("postgres") {
            return Self::Postgres(connect(url).await);
        }
        let options = url.parse::<SqliteConnectOptions>().expect("a URL").busy_timeout(Duration::from_secs(30));
        Self::Sqlite(SqliteConnection::connect_with(&options.foreign_keys(true)).await.expect("a database"))
    }

    /// How many rows a table has.
    #[allow(dead_code, reason = "one of the two programs of tests needs it")]
    pub async fn count(&mut self, table: &str) -> i64 {
        let sql = AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        match self {
            Self::Sqlite(connection) => sqlx::query_scalar(sql).fetch_one(connection).await.expect("a number"),
            Self::Postgres(connection) => sqlx::query_scalar(sql).fetch_one(connection).await.expect("a number"),
        }
    }

    /// Waits until so many requests wait for a lock of PostgreSQL.
    #[allow(dead_code, reason = "one of the two programs of tests needs it")]
    pub async fn until_locked_out(&mut self, requests: i64) {
        let Self::Postgres(connection) = self else { panic!("PostgreSQL only") };
        // All connections of a test have its name.
        let sql = "SELECT COUNT(*) FROM pg_stat_activity \
                   WHERE application_name = current_setting('application_name') AND wait_event_type = 'Lock'";
        while sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut *connection).await.expect("a number") < requests {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn execute(&mut self, sql: &'static str) {
        let (sqlite, postgres) = match self {
            Self::Sqlite(connection) => (Some(connection.execute(raw_sql(sql)).await), None),
            Self::Postgres(connection) => (None, Some(connection.execute(raw_sql(sql)).await)),
        };
        sqlite.transpose().expect("SQL that SQLite takes");
        postgres.transpose().expect("SQL that PostgreSQL takes");
    }
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("the PostgreSQL that CLOAKROOM_TEST_POSTGRES names")
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some((name, server)) = self.on.take() else { return };
        let remove = async move {
            let drop = AssertSqlSafe(format!("DROP SCHEMA {name} CASCADE"));
            // A test that failed may have ended PostgreSQL.
            if let Ok(mut connection) = PgConnection::connect(&server).await {
                let _ = connection.execute(raw_sql(drop)).await;
            }
        };
        // The test's own runtime may be ending.
        let removed = std::thread::spawn(|| {
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(remove);
        });
        let _ = removed.join();
    }
}
