//! An import: many users at once. They are collected in a temporary table, which nobody waits for. One transaction then
//! looks for conflicts, and takes all of them over.

use sqlx::{Sqlite, pool::PoolConnection};

use super::{
    connection::Connection,
    engine::Engine,
    error::{StoreError, Unique},
    handle::Store,
    listing::search_text,
    postgres::{HOURS, connections::Lent},
    rows::NewUser,
    sql::{Sql, Value},
    sqlite,
    users::{digest, valid_from},
};

/// An import that has begun. Unless it is finished, nothing of it is kept.
pub struct Import<'a> {
    /// Only this connection sees the temporary table.
    connection: Importing<'a>,
    /// Users that are not in the table yet, with the numbers of their lines.
    waiting: Vec<(u64, NewUser)>,
}

/// The connection of an import. It is closed when it is dropped, and the temporary table goes with it.
enum Importing<'a> {
    Sqlite(&'a sqlite::Sqlite, PoolConnection<Sqlite>),
    Postgres(Lent),
}

/// How many users one statement puts into the temporary table.
const AT_ONCE: usize = 200;

/// What an import did, or would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Users that were created.
    pub created: u64,
    /// Users that were there already. They stay as they are.
    pub present: u64,
}

/// Why an import cannot be finished.
#[derive(Debug)]
pub enum Conflict {
    /// The user on this line has a value that an earlier line has.
    Earlier(u64, Unique),
    /// The user on this line has a value that somebody else has.
    Taken(u64, Unique),
    /// The database refused or failed.
    Store(StoreError),
}

impl<E: Into<StoreError>> From<E> for Conflict {
    fn from(error: E) -> Self {
        Self::Store(error.into())
    }
}

/// Each column of `users` that an import fills, the number of the line, and what must be there only once.
const TABLE: &str = "CREATE TEMPORARY TABLE imported (number BIGINT NOT NULL PRIMARY KEY, id TEXT NOT NULL, \
    username TEXT NOT NULL, email TEXT, full_name TEXT, hashed_password TEXT NOT NULL, disabled BOOLEAN NOT NULL, \
    scopes TEXT NOT NULL, created_at BIGINT NOT NULL, search_text TEXT NOT NULL, digest TEXT NOT NULL, \
    username_in_lower_case TEXT NOT NULL UNIQUE, email_in_lower_case TEXT UNIQUE)";

impl Store {
    /// Begins an import.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin_import(&self) -> Result<Import<'_>, StoreError> {
        let mut connection = match &self.engine {
            Engine::Sqlite(sqlite) => {
                sqlite.file.check().await?;
                let mut connection = sqlite.writer.acquire().await?;
                connection.close_on_drop();
                Importing::Sqlite(sqlite, connection)
            }
            Engine::Postgres(postgres) => {
                let mut lent = postgres.lend().await?;
                lent.set_patience(HOURS);
                lent.close_on_drop();
                Importing::Postgres(lent)
            }
        };
        if let Importing::Postgres(_) = connection {
            // The connection is closed afterwards, so nobody else has these.
            for unlimited in ["SET statement_timeout = 0", "SET idle_in_transaction_session_timeout = 0"] {
                connection.connection().run(Sql::new(unlimited)).await?;
            }
        }
        connection.connection().run(Sql::new(TABLE)).await?;
        // It changes the temporary table only, so it locks nothing.
        connection.connection().run(Sql::new("BEGIN")).await?;
        Ok(Import { connection, waiting: Vec::new() })
    }
}

impl Importing<'_> {
    /// Begins the transaction that writes.
    async fn begin_writing(&mut self) -> Result<(), StoreError> {
        let begin = match self {
            Self::Sqlite(sqlite, _) => {
                sqlite.file.check().await?;
                "BEGIN IMMEDIATE"
            }
            Self::Postgres(_) => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
        };
        self.connection().run(Sql::new(begin)).await?;
        if let Self::Postgres(_) = self {
            // As with SQLite, nobody else writes users until it ends: between a look and the insertion, a name could be taken.
            self.connection().run(Sql::new("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")).await?;
        }
        Ok(())
    }

    /// Ends it with this statement.
    async fn end_writing(&mut self, end: &'static str) -> Result<(), StoreError> {
        if let Self::Sqlite(sqlite, _) = self {
            sqlite.file.check().await?;
        }
        self.connection().run(Sql::new(end)).await?;
        Ok(())
    }

    fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(_, connection) => Connection::Sqlite(connection),
            Self::Postgres(lent) => Connection::Postgres(lent),
        }
    }
}

impl Import<'_> {
    /// Adds the user of a line.
    ///
    /// # Errors
    /// [`Conflict::Earlier`]: an earlier line has the username or the e-mail address, in any case of letters.
    pub async fn add(&mut self, number: u64, user: NewUser) -> Result<(), Conflict> {
        self.waiting.push((number, user));
        if self.waiting.len() < AT_ONCE { Ok(()) } else { self.collect().await }
    }

    /// Puts the users that wait into the temporary table, with one statement: each statement is a message to another thread.
    ///
    /// # Errors
    /// [`Conflict::Earlier`].
    pub async fn collect(&mut self) -> Result<(), Conflict> {
        let users = std::mem::take(&mut self.waiting);
        let mut connection = self.connection.connection();
        // PostgreSQL would refuse everything after a refused statement.
        connection.run(Sql::new("SAVEPOINT collected")).await?;
        match insert(connection.again(), &users).await {
            // One by one, to find the line.
            Err(StoreError::Taken(_)) => {
                connection.run(Sql::new("ROLLBACK TO SAVEPOINT collected")).await?;
                for user in users.chunks(1) {
                    insert(connection.again(), user).await.map_err(|error| match (error, user) {
                        (StoreError::Taken(value), [(number, _)]) => Conflict::Earlier(*number, value),
                        (error, _) => error.into(),
                    })?;
                }
            }
            inserted => inserted?,
        }
        connection.run(Sql::new("RELEASE SAVEPOINT collected")).await?;
        Ok(())
    }

    /// Creates all users of the import, or none. A user of exactly the same name stays as it is. With `dry_run` nothing is
    /// written.
    ///
    /// # Errors
    /// [`Conflict`]; nothing was written then.
    pub async fn finish(mut self, dry_run: bool, unix_milliseconds: fn() -> i64) -> Result<Imported, Conflict> {
        self.collect().await?;
        let mut connection = self.connection.connection();
        connection.run(Sql::new("COMMIT")).await?;
        self.connection.begin_writing().await?;
        let mut connection = self.connection.connection();
        let in_other_letters = Sql::new(
            "SELECT number FROM imported JOIN users ON lower(users.username) = username_in_lower_case \
             WHERE users.username <> imported.username ORDER BY number LIMIT 1",
        );
        if let Some((number,)) = connection.optional::<(i64,)>(in_other_letters).await? {
            return Err(Conflict::Taken(number.unsigned_abs(), Unique::Username));
        }
        let present = Sql::new("DELETE FROM imported WHERE username IN (SELECT username FROM users)");
        let present = connection.run(present).await?;
        let same_address = Sql::new(
            "SELECT number FROM imported JOIN users ON lower(users.email) = email_in_lower_case ORDER BY number LIMIT 1",
        );
        if let Some((number,)) = connection.optional::<(i64,)>(same_address).await? {
            return Err(Conflict::Taken(number.unsigned_abs(), Unique::Email));
        }
        let create = Sql::new(
            "INSERT INTO users (id, username, email, full_name, hashed_password, disabled, scopes, created_at, version, \
             search_text, tokens_valid_from) SELECT id, username, email, full_name, hashed_password, disabled, scopes, \
             created_at, created_at, search_text, CASE WHEN tokens_valid_from IS NULL THEN 0 \
             WHEN tokens_valid_from > $1 THEN tokens_valid_from ELSE $1 END \
             FROM imported LEFT JOIN deleted_usernames USING (digest) ORDER BY number",
        );
        // Read now: the file may have taken a while.
        let created = connection.run(create.bind(valid_from(unix_milliseconds()))).await?;
        if let Importing::Postgres(_) = self.connection {
            // Servers find users by a plan that PostgreSQL keeps. For a table that was small, the plan reads all of it. This
            // makes PostgreSQL think again.
            self.connection.connection().run(Sql::new("ANALYZE users")).await?;
        }
        self.connection.end_writing(if dry_run { "ROLLBACK" } else { "COMMIT" }).await?;
        Ok(Imported { created, present })
    }
}

/// Puts these users into the temporary table: all, or none.
async fn insert(mut connection: Connection<'_>, users: &[(u64, NewUser)]) -> Result<(), StoreError> {
    if users.is_empty() {
        return Ok(());
    }
    let mut insert = Sql::new("INSERT INTO imported VALUES ");
    for (position, (number, user)) in users.iter().enumerate() {
        insert.push(if position == 0 { "(" } else { ", (" });
        insert.push_value(i64::try_from(*number).unwrap_or(i64::MAX));
        let email = user.email.as_deref();
        for value in [
            Value::from(&*user.id),
            Value::from(&*user.username),
            Value::from(email),
            Value::from(user.full_name.as_deref()),
            Value::from(&*user.hashed_password),
            Value::from(user.disabled),
            Value::from(user.scopes.to_string()),
            Value::from(user.created_at),
            Value::from(search_text([Some(&user.username), user.full_name.as_deref(), email])),
            Value::from(digest(&user.username)),
            Value::from(user.username.to_ascii_lowercase()),
            Value::from(email.map(str::to_ascii_lowercase)),
        ] {
            insert.push(", ").push_value(value);
        }
        insert.push(")");
    }
    connection.run(insert).await?;
    Ok(())
}
