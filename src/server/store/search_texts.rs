//! Fills the texts that a search looks in, for rows that another program wrote: an older version, or somebody by hand.

use super::{error::StoreError, handle::Store, listing::search_text, sql::Sql};

/// How many rows are filled in one transaction. Other writes wait for it.
const AT_ONCE: i64 = 1000;

/// Fills all texts that are missing. If there are none, an index tells at once.
///
/// # Errors
/// [`StoreError`].
pub async fn fill(store: &Store) -> Result<(), StoreError> {
    // Only if it still is missing: a server may have changed the row since.
    let users = "SELECT id, username, full_name, email FROM users WHERE search_text = '' LIMIT $1 + 0";
    let user = "UPDATE users SET search_text = $1 WHERE id = $2 AND search_text = ''";
    while fill_some(store, users, user).await? > 0 {}
    let items = "SELECT item_id, item_id, title, description FROM items WHERE search_text = '' LIMIT $1 + 0";
    let item = "UPDATE items SET search_text = $1 WHERE item_id = $2 AND search_text = ''";
    while fill_some(store, items, item).await? > 0 {}
    Ok(())
}

/// A row without its text: the id, and what makes the text.
type Missing = (String, String, Option<String>, Option<String>);

/// Fills some of the texts. Returns how many.
async fn fill_some(store: &Store, missing: &'static str, update: &'static str) -> Result<usize, StoreError> {
    let missing = || Sql::new(missing).bind(AT_ONCE);
    if store.read().await?.connection().optional::<Missing>(missing()).await?.is_none() {
        return Ok(0);
    }
    let mut write = store.write().await?;
    let rows: Vec<Missing> = write.connection().all(missing()).await?;
    for (id, name, one, other) in &rows {
        let text = search_text([Some(name), one.as_deref(), other.as_deref()]);
        write.connection().run(Sql::new(update).bind(text).bind(&**id)).await?;
    }
    write.commit().await?;
    Ok(rows.len())
}
