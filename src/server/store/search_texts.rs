//! Fills the texts that a search looks in, for rows that another program wrote: an older version, or somebody by hand.

use sqlx::{Connection, SqliteConnection};

use super::listing::search_text;

/// How many rows are filled in one transaction. Other writes wait for it.
const AT_ONCE: i64 = 1000;

/// Fills all texts that are missing. If there are none, an index tells at once.
///
/// # Errors
/// sqlx's error.
pub async fn fill(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let users = "SELECT id, username, full_name, email FROM users WHERE search_text = '' LIMIT $1";
    while fill_some(connection, users, "UPDATE users SET search_text = $1 WHERE id = $2").await? > 0 {}
    let items = "SELECT item_id, item_id, title, description FROM items WHERE search_text = '' LIMIT $1";
    while fill_some(connection, items, "UPDATE items SET search_text = $1 WHERE item_id = $2").await? > 0 {}
    Ok(())
}

/// Fills some of the texts. Returns how many.
async fn fill_some(
    connection: &mut SqliteConnection,
    missing: &'static str,
    update: &'static str,
) -> Result<usize, sqlx::Error> {
    let mut rows: Vec<(String, String, Option<String>, Option<String>)> =
        sqlx::query_as(missing).bind(AT_ONCE).fetch_all(&mut *connection).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    // Again, now that nobody else can write.
    rows = sqlx::query_as(missing).bind(AT_ONCE).fetch_all(&mut *transaction).await?;
    for (id, name, one, other) in &rows {
        let text = search_text([Some(name), one.as_deref(), other.as_deref()]);
        sqlx::query(update).bind(text).bind(id).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    Ok(rows.len())
}
