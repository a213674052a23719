//! An import: many users at once. They are collected in a temporary table, which nobody waits for. One transaction then
//! looks for conflicts, and takes all of them over.

use sqlx::{QueryBuilder, Sqlite, SqliteConnection, pool::PoolConnection};

use super::{
    error::{StoreError, Unique},
    handle::Store,
    listing::search_text,
    rows::NewUser,
    users::{digest, valid_from},
};

/// An import that has begun. Unless it is finished, nothing of it is kept.
pub struct Import<'a> {
    store: &'a Store,
    /// The connection that writes. Only it sees the temporary table.
    connection: PoolConnection<Sqlite>,
    /// Users that are not in the table yet, with the numbers of their lines.
    waiting: Vec<(u64, NewUser)>,
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

/// Each column of `users` that an import fills, and the number of the line.
const TABLE: &str = "CREATE TEMPORARY TABLE imported (number BIGINT NOT NULL PRIMARY KEY, id TEXT NOT NULL, \
    username TEXT NOT NULL, email TEXT, full_name TEXT, hashed_password TEXT NOT NULL, disabled BOOLEAN NOT NULL, \
    scopes TEXT NOT NULL, created_at BIGINT NOT NULL, search_text TEXT NOT NULL, digest TEXT NOT NULL)";

impl Store {
    /// Begins an import.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin_import(&self) -> Result<Import<'_>, StoreError> {
        self.file.check().await?;
        let mut connection = self.writer.acquire().await?;
        // The temporary table goes with it.
        connection.close_on_drop();
        sqlx::query(TABLE).execute(&mut *connection).await?;
        for index in [
            "CREATE UNIQUE INDEX temp.imported_username ON imported (lower(username))",
            "CREATE UNIQUE INDEX temp.imported_email ON imported (lower(email))",
            // It changes the temporary table only, so it locks nothing.
            "BEGIN",
        ] {
            sqlx::query(index).execute(&mut *connection).await?;
        }
        Ok(Import { store: self, connection, waiting: Vec::new() })
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
        match insert(&mut self.connection, &users).await {
            // One by one, to find the line.
            Err(StoreError::Taken(_)) => {
                for user in users.chunks(1) {
                    insert(&mut self.connection, user).await.map_err(|error| match (error, user) {
                        (StoreError::Taken(value), [(number, _)]) => Conflict::Earlier(*number, value),
                        (error, _) => error.into(),
                    })?;
                }
                Ok(())
            }
            inserted => Ok(inserted?),
        }
    }

    /// Creates all users of the import, or none. A user of exactly the same name stays as it is. With `dry_run` nothing is
    /// written.
    ///
    /// # Errors
    /// [`Conflict`]; nothing was written then.
    pub async fn finish(mut self, dry_run: bool, unix_milliseconds: fn() -> i64) -> Result<Imported, Conflict> {
        self.collect().await?;
        let connection = &mut *self.connection;
        sqlx::query("COMMIT").execute(&mut *connection).await?;
        self.store.file.check().await?;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
        let in_other_letters = "SELECT number FROM imported JOIN users ON lower(users.username) = lower(imported.username) \
                                WHERE users.username <> imported.username ORDER BY number LIMIT 1";
        if let Some(number) = sqlx::query_scalar::<_, i64>(in_other_letters).fetch_optional(&mut *connection).await? {
            return Err(Conflict::Taken(number.unsigned_abs(), Unique::Username));
        }
        let present = sqlx::query("DELETE FROM imported WHERE username IN (SELECT username FROM users)")
            .execute(&mut *connection)
            .await?
            .rows_affected();
        let same_address = "SELECT number FROM imported JOIN users ON lower(users.email) = lower(imported.email) \
                            ORDER BY number LIMIT 1";
        if let Some(number) = sqlx::query_scalar::<_, i64>(same_address).fetch_optional(&mut *connection).await? {
            return Err(Conflict::Taken(number.unsigned_abs(), Unique::Email));
        }
        let created = sqlx::query(
            "INSERT INTO users (id, username, email, full_name, hashed_password, disabled, scopes, created_at, version, \
             search_text, tokens_valid_from) SELECT id, username, email, full_name, hashed_password, disabled, scopes, \
             created_at, created_at, search_text, CASE WHEN tokens_valid_from IS NULL THEN 0 \
             WHEN tokens_valid_from > $1 THEN tokens_valid_from ELSE $1 END \
             FROM imported LEFT JOIN deleted_usernames USING (digest) ORDER BY number",
        )
        // Read now: the file may have taken a while.
        .bind(valid_from(unix_milliseconds()))
        .execute(&mut *connection)
        .await?
        .rows_affected();
        self.store.file.check().await?;
        sqlx::query(if dry_run { "ROLLBACK" } else { "COMMIT" }).execute(connection).await?;
        Ok(Imported { created, present })
    }
}

/// Puts these users into the temporary table: all, or none.
async fn insert(connection: &mut SqliteConnection, users: &[(u64, NewUser)]) -> Result<(), StoreError> {
    if users.is_empty() {
        return Ok(());
    }
    let mut insert = QueryBuilder::<Sqlite>::new("INSERT INTO imported ");
    insert.push_values(users, |mut row, (number, user)| {
        row.push_bind(i64::try_from(*number).unwrap_or(i64::MAX))
            .push_bind(&user.id)
            .push_bind(&user.username)
            .push_bind(&user.email)
            .push_bind(&user.full_name)
            .push_bind(&user.hashed_password)
            .push_bind(user.disabled)
            .push_bind(user.scopes.to_string())
            .push_bind(user.created_at)
            .push_bind(search_text([Some(&user.username), user.full_name.as_deref(), user.email.as_deref()]))
            .push_bind(digest(&user.username));
    });
    insert.build().execute(connection).await?;
    Ok(())
}
