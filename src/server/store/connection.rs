//! A connection to either engine, and what a statement returns.

use std::borrow::Cow;

use sqlx::{
    AssertSqlSafe, Connection as _, FromRow, Postgres, SqlSafeStr, SqlStr, Sqlite, SqliteConnection, Transaction,
    postgres::{PgArguments, PgRow},
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};
use tokio::time::timeout_at;

use super::{
    error::StoreError,
    postgres::connections::Lent,
    sql::{Sql, Value},
};

/// A connection that is in use.
pub enum Connection<'c> {
    /// To SQLite's file.
    Sqlite(&'c mut SqliteConnection),
    /// To PostgreSQL.
    Postgres(&'c mut Lent),
}

/// A row that both engines can return.
pub trait Row: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

impl Connection<'_> {
    /// The same connection, for a shorter time.
    pub fn again(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(connection) => Connection::Sqlite(connection),
            Self::Postgres(lent) => Connection::Postgres(lent),
        }
    }

    /// The row that the statement returns, if it returns one. On PostgreSQL a value with a NUL finds none.
    ///
    /// # Errors
    /// [`StoreError::Taken`], [`StoreError::Missing`], [`StoreError::Unavailable`].
    pub async fn optional<R: Row>(&mut self, sql: Sql) -> Result<Option<R>, StoreError> {
        match self {
            Self::Sqlite(connection) => {
                let row = for_sqlite(sql).fetch_optional(&mut **connection).await?;
                Ok(row.as_ref().map(R::from_row).transpose()?)
            }
            // No row has this text.
            Self::Postgres(_) if sql.has_nul() => Ok(None),
            Self::Postgres(lent) => {
                let (connection, deadline) = lent.begin()?;
                let row = timeout_at(deadline, for_postgres(sql).fetch_optional(connection)).await;
                let row = lent.ended(row)?;
                Ok(row.as_ref().map(R::from_row).transpose()?)
            }
        }
    }

    /// The row that the statement always returns.
    ///
    /// # Errors
    /// Those of [`Connection::optional`].
    pub async fn one<R: Row>(&mut self, sql: Sql) -> Result<R, StoreError> {
        self.optional(sql).await?.ok_or(StoreError::Unavailable(sqlx::Error::RowNotFound))
    }

    /// All rows that the statement returns.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn all<R: Row>(&mut self, sql: Sql) -> Result<Vec<R>, StoreError> {
        match self {
            Self::Sqlite(connection) => {
                let rows = for_sqlite(sql).fetch_all(&mut **connection).await?;
                Ok(rows.iter().map(R::from_row).collect::<Result<_, _>>()?)
            }
            Self::Postgres(_) if sql.has_nul() => Ok(Vec::new()),
            Self::Postgres(lent) => {
                let (connection, deadline) = lent.begin()?;
                let rows = timeout_at(deadline, for_postgres(sql).fetch_all(connection)).await;
                let rows = lent.ended(rows)?;
                Ok(rows.iter().map(R::from_row).collect::<Result<_, _>>()?)
            }
        }
    }

    /// Runs a statement that returns no rows. Returns how many rows it changed.
    ///
    /// # Errors
    /// [`StoreError::Taken`], [`StoreError::Missing`], [`StoreError::Unavailable`].
    pub async fn run(&mut self, sql: Sql) -> Result<u64, StoreError> {
        match self {
            Self::Sqlite(connection) => Ok(for_sqlite(sql).execute(&mut **connection).await?.rows_affected()),
            Self::Postgres(lent) => {
                let (connection, deadline) = lent.begin()?;
                let done = timeout_at(deadline, for_postgres(sql).execute(connection)).await;
                Ok(lent.ended(done)?.rows_affected())
            }
        }
    }

    /// Begins a transaction that reads, and sees one state of the database.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn snapshot(&mut self) -> Result<Snapshot<'_>, StoreError> {
        Ok(match self {
            Self::Sqlite(connection) => Snapshot::Sqlite(connection.begin().await?),
            Self::Postgres(lent) => {
                lent.begin_transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
                Snapshot::Postgres(lent)
            }
        })
    }

    /// Whether a user is disabled, the scopes, and the version of the password. Until this transaction ends, no other one changes
    /// the row. SQLite lets only one transaction write anyway.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn lock_user(&mut self, id: &str) -> Result<Option<(bool, String, i64)>, StoreError> {
        let mut look = Sql::new("SELECT disabled, scopes, tokens_valid_from FROM users WHERE id = ");
        look.push_value(id);
        if let Self::Postgres(_) = self {
            look.push(" FOR NO KEY UPDATE");
        }
        self.optional(look).await
    }

    /// Locks the row of an item's owner, before the item's own. A deletion of the owner locks them in this order too: otherwise
    /// two transactions could wait for each other.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn lock_owner_of(&mut self, item_id: &str) -> Result<(), StoreError> {
        if let Self::Postgres(_) = self {
            let lock = "SELECT users.id FROM users JOIN items ON users.id = owner_id WHERE item_id = $1 \
                        FOR NO KEY UPDATE OF users";
            self.optional::<(String,)>(Sql::new(lock).bind(item_id)).await?;
        }
        Ok(())
    }

    /// Until this transaction ends, no other one takes an administrator away. SQLite lets only one transaction write anyway.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn lock_administrators(&mut self) -> Result<(), StoreError> {
        if let Self::Postgres(_) = self {
            // The number is any that the program uses for nothing else.
            self.run(Sql::new("SELECT pg_advisory_xact_lock(4301)")).await?;
        }
        Ok(())
    }
}

/// A transaction that reads one state of the database.
pub enum Snapshot<'c> {
    /// Of SQLite.
    Sqlite(Transaction<'c, Sqlite>),
    /// Of PostgreSQL.
    Postgres(&'c mut Lent),
}

impl Snapshot<'_> {
    /// The connection, within the transaction.
    pub fn connection(&mut self) -> Connection<'_> {
        match self {
            Self::Sqlite(transaction) => Connection::Sqlite(transaction),
            Self::Postgres(lent) => Connection::Postgres(lent),
        }
    }

    /// Ends the transaction.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn end(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(transaction) => Ok(transaction.commit().await?),
            Self::Postgres(lent) => lent.end_transaction("COMMIT").await,
        }
    }
}

/// How a statement reaches SQLite.
fn for_sqlite(Sql { text, values, .. }: Sql) -> Query<'static, Sqlite, SqliteArguments> {
    values.into_iter().fold(sqlx::query(as_text(text)), |query, value| match value {
        Value::Text(text) => query.bind(text),
        Value::Number(number) => query.bind(number),
        Value::Real(number) => query.bind(number),
        Value::Flag(flag) => query.bind(flag),
    })
}

/// How a statement reaches PostgreSQL.
fn for_postgres(Sql { text, values, is_planned_anew }: Sql) -> Query<'static, Postgres, PgArguments> {
    let query = sqlx::query(as_text(text)).persistent(!is_planned_anew);
    values.into_iter().fold(query, |query, value| match value {
        Value::Text(text) => query.bind(text),
        Value::Number(number) => query.bind(number),
        Value::Real(number) => query.bind(number),
        Value::Flag(flag) => query.bind(flag),
    })
}

/// A text that was put together is made of the program's own texts only ([`Sql::push`]).
fn as_text(text: Cow<'static, str>) -> SqlStr {
    match text {
        Cow::Borrowed(text) => text.into_sql_str(),
        Cow::Owned(text) => AssertSqlSafe(text).into_sql_str(),
    }
}
