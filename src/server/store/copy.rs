//! A copy of all rows into another database, which may be on the other engine. It is one transaction: all rows are copied, or
//! none. Meanwhile nobody can write to the source.

use sqlx::{ColumnIndex, Database, Decode, FromRow, Row, Type, TypeInfo, postgres::PgRow, sqlite::SqliteRow};

use super::{
    connection::Connection,
    engine::Write,
    error::StoreError,
    handle::Store,
    sql::{Sql, Value},
    token_key,
    token_keys::{self, KeptKey},
};

/// How many rows one statement reads or writes.
const AT_ONCE: usize = 500;

/// A table whose rows are copied.
struct Table {
    name: &'static str,
    /// The columns, beginning with those of the key. Not those that triggers count.
    columns: &'static [&'static str],
    /// How many columns the key has. An index has them in this order.
    keys: usize,
}

/// The tables, each after those that it refers to. The others have nothing to keep: proofs of writing, counts that triggers
/// keep, the rate limit, which begins anew, and refresh tokens that were used a moment ago.
const TABLES: [Table; 8] = [
    Table {
        name: "users",
        columns: &[
            "id",
            "username",
            "email",
            "full_name",
            "hashed_password",
            "disabled",
            "scopes",
            "tokens_valid_from",
            "created_at",
            "failed_logins",
            "version",
            "search_text",
            "last_login_at",
        ],
        keys: 1,
    },
    // By the owner: so the triggers count all items of a user at once. In another order, each user's row would be changed for
    // each item.
    Table {
        name: "items",
        columns: &["owner_id", "created_at", "item_id", "title", "description", "version", "search_text"],
        keys: 3,
    },
    Table { name: "login_addresses", columns: &["user_id", "address", "last_login_at"], keys: 2 },
    Table { name: "deleted_usernames", columns: &["digest", "tokens_valid_from"], keys: 1 },
    Table { name: "clients", columns: &["client_id", "secret", "version", "scopes", "created_at"], keys: 1 },
    Table {
        name: "sessions",
        columns: &[
            "session_id",
            "user_id",
            "client_id",
            "family",
            "token",
            "granted",
            "password_version",
            "auth_time",
            "cookie_lasts",
            "address",
            "user_agent",
            "started_at",
            "last_used_at",
            "expires_at",
            "last_possible_at",
            "ended_at",
        ],
        keys: 1,
    },
    Table {
        name: "api_keys",
        columns: &["key_id", "user_id", "digest", "name", "granted", "created_at", "last_used_at", "expires_at"],
        keys: 1,
    },
    Table { name: "revoked_tokens", columns: &["digest", "expires_at"], keys: 1 },
];

/// A copy that has begun. Unless it is committed, nothing of it is kept.
pub struct Copy {
    source: Write,
    target: Write,
    copied: Copied,
}

/// How many rows were copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Users.
    pub users: u64,
    /// Items.
    pub items: u64,
}

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The target has rows.
    #[error("it has rows in the table {0} already. Copy to an empty database")]
    NotEmpty(&'static str),
    /// The target has a key, and tokens that were signed with another one.
    #[error("it has a key for tokens already, because a server was started on it. Copy to an empty database")]
    HasKey,
    /// One of the two is from a newer version, and may have columns that nobody knows here.
    #[error("one of the databases is from a newer version of Cloakroom: use that version's program to copy")]
    Newer,
    /// PostgreSQL has no NUL in its texts.
    #[error("the row {1:?} of the table {0} has a NUL in a text, which PostgreSQL cannot keep. Change it first")]
    Nul(&'static str, String),
    /// A row that was written is not what is read.
    #[error("the table {0} is not equal to the one it was copied from")]
    Different(&'static str),
    /// Servers write to the source.
    #[error("the database to copy from cannot be locked ({0}): stop the servers that use it, and be its owner")]
    SourceBusy(#[source] StoreError),
    /// Servers write to the target.
    #[error("the database to copy to cannot be locked ({0}): stop the servers that use it")]
    TargetBusy(#[source] StoreError),
    /// One of the two refused or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Checks that there are no rows. A database is not copied to itself either: this comes before anything is locked.
    ///
    /// # Errors
    /// [`CopyError::NotEmpty`], [`CopyError::Store`].
    pub async fn check_empty(&self) -> Result<(), CopyError> {
        check_empty(self.read().await?.connection()).await
    }

    /// Copies all rows to `target`, and compares them. Then [`Copy::commit`] keeps them.
    ///
    /// # Errors
    /// [`CopyError`].
    pub async fn copy_to(&self, target: &Self) -> Result<Copy, CopyError> {
        if self.is_newer() || target.is_newer() {
            return Err(CopyError::Newer);
        }
        let lock = "LOCK TABLE users, items, login_addresses, deleted_usernames, clients, sessions, api_keys, \
                    revoked_tokens, token_key, token_keys IN SHARE MODE";
        let source = self.write_for_hours(lock).await.map_err(CopyError::SourceBusy)?;
        let lock = "LOCK TABLE users, items, login_addresses, deleted_usernames, clients, sessions, api_keys, \
                    revoked_tokens, token_key, token_keys IN EXCLUSIVE MODE";
        let target = target.write_for_hours(lock).await.map_err(CopyError::TargetBusy)?;
        let mut copy = Copy { source, target, copied: Copied { users: 0, items: 0 } };
        check_empty(copy.target.connection()).await?;
        for table in &TABLES {
            let count = table.copy(copy.source.connection(), copy.target.connection()).await?;
            tracing::debug!(table = table.name, rows = count, "copied");
            match table.name {
                "users" => copy.copied.users = count,
                "items" => copy.copied.items = count,
                _ => {}
            }
        }
        for table in &TABLES {
            table.compare(copy.source.connection(), copy.target.connection()).await?;
        }
        Ok(copy)
    }
}

impl Copy {
    /// Has the servers of the target, which is on PostgreSQL, use these keys. One that is alone and has always signed is the one that
    /// they share from their first start on.
    ///
    /// # Errors
    /// [`CopyError::HasKey`], [`CopyError::Store`].
    pub async fn keep_keys(&mut self, keys: &[KeptKey]) -> Result<(), CopyError> {
        match keys {
            [first] if first.is_first_secret() => {
                let is_kept = token_key::keep(self.target.connection(), Some(&first.secret), &first.secret).await?;
                if is_kept { Ok(()) } else { Err(CopyError::HasKey) }
            }
            keys => match token_keys::insert(&mut self.target, keys).await {
                Err(StoreError::Taken(_)) => Err(CopyError::HasKey),
                inserted => Ok(inserted?),
            },
        }
    }

    /// Keeps what was copied, and closes the target. Until then nobody writes to the source.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]. If PostgreSQL did not answer, it may be there or not.
    pub async fn commit(self, target: &Store) -> Result<Copied, StoreError> {
        self.target.commit().await?;
        target.close().await;
        // Everything is done. If the source has gone meanwhile, nothing has to be said to it.
        let _ = self.source.roll_back().await;
        Ok(self.copied)
    }
}

/// Checks that no table has a row.
async fn check_empty(mut connection: Connection<'_>) -> Result<(), CopyError> {
    for table in &TABLES {
        if !table.page(connection.again(), None, 1).await?.is_empty() {
            return Err(CopyError::NotEmpty(table.name));
        }
    }
    Ok(())
}

impl Table {
    /// Copies all rows. Returns how many.
    async fn copy(&self, mut source: Connection<'_>, mut target: Connection<'_>) -> Result<u64, CopyError> {
        let mut count = 0;
        let mut last = None;
        loop {
            let rows = self.page(source.again(), last.as_ref(), AT_ONCE).await?;
            if rows.is_empty() {
                return Ok(count);
            }
            if let Connection::Postgres(_) = target
                && let Some(row) = rows.iter().find(|row| row.has_nul())
            {
                return Err(CopyError::Nul(self.name, row.key(self.keys)));
            }
            count += target.run(self.insertion(&rows)).await?;
            last = rows.into_iter().next_back();
        }
    }

    /// Compares all rows.
    async fn compare(&self, mut source: Connection<'_>, mut target: Connection<'_>) -> Result<(), CopyError> {
        let mut last = None;
        loop {
            let rows = self.page(source.again(), last.as_ref(), AT_ONCE).await?;
            if rows != self.page(target.again(), last.as_ref(), AT_ONCE).await? {
                return Err(CopyError::Different(self.name));
            }
            last = rows.into_iter().next_back();
            if last.is_none() {
                return Ok(());
            }
        }
    }

    /// The first rows after this one, by the key. Both engines compare it byte by byte.
    async fn page(
        &self,
        mut connection: Connection<'_>,
        after: Option<&Values>,
        at_most: usize,
    ) -> Result<Vec<Values>, StoreError> {
        let mut sql = Sql::new("SELECT ");
        push_list(&mut sql, self.columns);
        sql.push(" FROM ").push(self.name);
        let key = &self.columns[..self.keys];
        if let Some(after) = after {
            sql.push(" WHERE (");
            push_list(&mut sql, key);
            sql.push(") > (");
            push_values(&mut sql, &after.0[..self.keys]);
            sql.push(")");
        }
        sql.push(" ORDER BY ");
        push_list(&mut sql, key);
        sql.push(" LIMIT ").push_value(i64::try_from(at_most).unwrap_or(i64::MAX));
        connection.all(sql).await
    }

    fn insertion(&self, rows: &[Values]) -> Sql {
        let mut sql = Sql::new("INSERT INTO ");
        sql.push(self.name).push(" (");
        push_list(&mut sql, self.columns);
        sql.push(") VALUES ");
        for (position, row) in rows.iter().enumerate() {
            sql.push(if position == 0 { "(" } else { ", (" });
            push_values(&mut sql, &row.0);
            sql.push(")");
        }
        sql
    }
}

fn push_list(sql: &mut Sql, names: &[&'static str]) {
    for (position, name) in names.iter().enumerate() {
        sql.push(if position == 0 { "" } else { ", " }).push(name);
    }
}

fn push_values(sql: &mut Sql, values: &[Value]) {
    for (position, value) in values.iter().enumerate() {
        sql.push(if position == 0 { "" } else { ", " }).push_value(value.clone());
    }
}

/// A row, whichever table it is of.
#[derive(PartialEq)]
struct Values(Vec<Value>);

impl Values {
    fn has_nul(&self) -> bool {
        self.0.iter().any(Value::has_nul)
    }

    /// The values of the first columns, for a message.
    fn key(&self, columns: usize) -> String {
        let texts = self.0.iter().take(columns).map(|value| match value {
            Value::Text(Some(text)) => text.clone(),
            Value::Number(Some(number)) => number.to_string(),
            _ => String::new(),
        });
        texts.collect::<Vec<_>>().join(", ")
    }
}

impl FromRow<'_, SqliteRow> for Values {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        read(row)
    }
}

impl FromRow<'_, PgRow> for Values {
    fn from_row(row: &PgRow) -> sqlx::Result<Self> {
        read(row)
    }
}

/// Reads each column as what the table declares.
fn read<'r, R>(row: &'r R) -> sqlx::Result<Values>
where
    R: Row,
    usize: ColumnIndex<R>,
    Option<String>: Decode<'r, R::Database> + Type<R::Database>,
    Option<i64>: Decode<'r, R::Database> + Type<R::Database>,
    Option<bool>: Decode<'r, R::Database> + Type<R::Database>,
{
    let columns = row.columns().iter().enumerate();
    let values = columns.map(|(number, column)| {
        Ok(match declared::<R::Database>(column) {
            "TEXT" => Value::Text(row.try_get(number)?),
            "BOOL" | "BOOLEAN" => Value::Flag(row.try_get(number)?),
            _ => Value::Number(row.try_get(number)?),
        })
    });
    values.collect::<sqlx::Result<_>>().map(Values)
}

fn declared<D: Database>(column: &D::Column) -> &str {
    sqlx::Column::type_info(column).name()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::store::testing::new_store;

    /// Tables that have nothing to copy.
    const NOT_COPIED: [&str; 5] =
        ["_sqlx_migrations", "write_proofs", "failed_logins_of_nobody", "user_count", "used_refresh_tokens"];

    #[tokio::test]
    async fn every_column_is_copied_but_those_that_triggers_count() {
        let (_folder, store) = new_store().await;
        let sql =
            "SELECT m.name, c.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c WHERE m.type = 'table'";
        let mut reader = store.read().await.expect("a connection");
        let columns: Vec<(String, String)> = reader.connection().all(Sql::new(sql)).await.expect("all columns");
        let mut there: Vec<_> = columns.iter().map(|(table, column)| (&**table, &**column)).collect();
        there.retain(|(table, column)| !NOT_COPIED.contains(table) && (*table, *column) != ("users", "item_count"));
        let mut copied: Vec<_> =
            TABLES.iter().flat_map(|table| table.columns.iter().map(|column| (table.name, *column))).collect();
        there.sort_unstable();
        copied.sort_unstable();
        assert_eq!(copied, there);
    }
}
