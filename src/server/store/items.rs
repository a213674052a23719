//! Items: rows and queries.

use sqlx::FromRow;

use super::{
    actor::Actor,
    condition::Condition,
    connection::Connection,
    error::StoreError,
    handle::Store,
    listing::{List, Listed, Listing, search_text},
    rows::UserRow,
    sql::Sql,
};
use crate::model::Item;

/// The columns of an [`ItemRow`]. See [`user_columns`](super::rows).
macro_rules! item_columns {
    () => {
        "item_id, owner_id, title, description, items.created_at, items.version"
    };
}

/// An item to be created.
pub struct NewItem {
    /// The item's name in URLs.
    pub item_id: String,
    /// The id of the owner.
    pub owner_id: String,
    /// The title.
    pub title: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The time of creation, in Unix milliseconds.
    pub created_at: i64,
}

/// A change of an item. What is `None` stays as it is.
#[derive(Default)]
pub struct ItemChange {
    /// The new title.
    pub title: Option<String>,
    /// The new description; `Some(None)` removes it.
    pub description: Option<Option<String>>,
}

/// An item. Its owner is known by the id only.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct ItemRow {
    /// The item's name in URLs.
    pub item_id: String,
    /// The id of the owner.
    pub owner_id: String,
    /// The title.
    pub title: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The time of creation, in Unix milliseconds.
    pub created_at: i64,
    /// It grows with each change: the ETag.
    pub version: i64,
}

/// A place in a list of items: of an item that is there, or was there. It is found at once, however long the list is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// When the item was created, in Unix milliseconds.
    pub created_at: i64,
    /// Tells apart the items of one millisecond.
    pub item_id: String,
}

impl ItemRow {
    /// The item on the wire. `owner` is the owner's username.
    pub fn into_item(self, owner: &str) -> Item {
        let Self { item_id, title, description, .. } = self;
        Item { item_id, owner: owner.to_owned(), title, description }
    }

    fn place(&self) -> Place {
        Place { created_at: self.created_at, item_id: self.item_id.clone() }
    }
}

/// The items of a user, newest first.
const NEWEST_FIRST: List<ItemRow, Place> = List {
    columns: item_columns!(),
    table: "items",
    total: "SELECT item_count FROM users WHERE id = ",
    order: ["created_at DESC, item_id DESC", "created_at, item_id"],
    // The same: an index finds the owner's items in this order, and all of them are searched.
    order_of_few: ["created_at DESC, item_id DESC", "created_at, item_id"],
    after: |query, place| {
        query.push("(created_at, item_id) < (").push_value(place.created_at).push(", ");
        query.push_value(place.item_id.clone()).push(")");
    },
    place: ItemRow::place,
};

/// The items of a user, oldest first.
const OLDEST_FIRST: List<ItemRow, Place> = List {
    order: ["created_at, item_id", "created_at DESC, item_id DESC"],
    order_of_few: ["created_at, item_id", "created_at DESC, item_id DESC"],
    after: |query, place| {
        query.push("(created_at, item_id) > (").push_value(place.created_at).push(", ");
        query.push_value(place.item_id.clone()).push(")");
    },
    ..NEWEST_FIRST
};

/// From this many skipped items on, it pays to ask how long the list is: the second half is then read from its end.
const LONG_SKIP: i64 = 1000;

impl Store {
    /// The items of `owner` after a place, oldest first, without the first `skip` of them. At most `limit` items. Returns
    /// also where the part ends, if there are more.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn items_of(
        &self,
        owner: &UserRow,
        after: Option<&Place>,
        skip: i64,
        limit: i64,
    ) -> Result<(Vec<ItemRow>, Option<Place>), StoreError> {
        if after.is_none() && skip >= LONG_SKIP {
            let listing = Listing { search: None, after: None, skip, limit };
            let listed = OLDEST_FIRST.read(self.read().await?.connection(), Some(&owner.id), &listing).await?;
            return Ok((listed.rows, listed.more_after));
        }
        // No item is at the first place of all.
        let (created_at, item_id) = after.map_or((i64::MIN, ""), |place| (place.created_at, &place.item_id));
        // `+ 0`: with a parameter alone after LIMIT, SQLite would prepare the statement anew for each value.
        let sql = Sql::new(concat!(
            "SELECT ",
            item_columns!(),
            " FROM items WHERE owner_id = $1 AND (created_at, item_id) > ($2, $3) ORDER BY created_at, item_id \
             LIMIT $4 + 0 OFFSET $5"
        ))
        .bind(&*owner.id)
        .bind(created_at)
        .bind(item_id)
        // One more than asked for tells whether there are more.
        .bind(limit + 1)
        .bind(skip);
        let mut rows: Vec<ItemRow> = self.read().await?.connection().all(sql).await?;
        let has_more = i64::try_from(rows.len()).is_ok_and(|rows| rows > limit);
        if has_more {
            rows.pop();
        }
        let more_after = rows.last().filter(|_| has_more).map(ItemRow::place);
        Ok((rows, more_after))
    }

    /// A part of the items of a user, newest first.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn list_items(
        &self,
        owner_id: &str,
        listing: &Listing<Place>,
    ) -> Result<Listed<ItemRow, Place>, StoreError> {
        NEWEST_FIRST.read(self.read().await?.connection(), Some(owner_id), listing).await
    }

    /// An item, and its owner's username. With an `owner_id`, the items of others count as missing.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Unavailable`].
    pub async fn find_item(&self, item_id: &str, owner_id: Option<&str>) -> Result<(ItemRow, String), StoreError> {
        find(self.read().await?.connection(), item_id, owner_id).await
    }

    /// Creates an item, if the actor may. Without an actor, the server itself does.
    ///
    /// # Errors
    /// [`StoreError::Taken`] for an `item_id` that is in use, [`StoreError::Missing`] if the owner is gone.
    pub async fn insert_item(&self, item: &NewItem, actor: Option<&Actor>) -> Result<ItemRow, StoreError> {
        let mut write = self.write_for(actor).await?;
        let sql = Sql::new(concat!(
            "INSERT INTO items (item_id, owner_id, title, description, created_at, version, search_text) \
             VALUES ($1, $2, $3, $4, $5, $5, $6) RETURNING ",
            item_columns!()
        ))
        .bind(&*item.item_id)
        .bind(&*item.owner_id)
        .bind(item.title.as_deref())
        .bind(item.description.as_deref())
        .bind(item.created_at)
        .bind(search_text([Some(&item.item_id), item.title.as_deref(), item.description.as_deref()]));
        let inserted = write.connection().one(sql).await;
        write.end(inserted).await
    }

    /// Changes an item, if its row fulfils the condition. With an `owner_id`, the items of others count as missing.
    /// Returns the item as it is then, and its owner's username.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Outdated`].
    pub async fn update_item(
        &self,
        item_id: &str,
        owner_id: Option<&str>,
        change: &ItemChange,
        condition: &Condition,
    ) -> Result<(ItemRow, String), StoreError> {
        let mut write = self.write_for(condition.actor()).await?;
        let updated = update(write.connection(), item_id, owner_id, change, condition).await;
        write.end(updated).await
    }

    /// Deletes an item, if its row fulfils the condition. With an `owner_id`, the items of others count as missing.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Outdated`].
    pub async fn delete_item(
        &self,
        item_id: &str,
        owner_id: Option<&str>,
        condition: &Condition,
    ) -> Result<(), StoreError> {
        let mut write = self.write_for(condition.actor()).await?;
        let deleted = delete(write.connection(), item_id, owner_id, condition).await;
        write.end(deleted).await
    }
}

async fn find(
    mut connection: Connection<'_>,
    item_id: &str,
    owner_id: Option<&str>,
) -> Result<(ItemRow, String), StoreError> {
    #[derive(FromRow)]
    struct Found {
        #[sqlx(flatten)]
        item: ItemRow,
        username: String,
    }
    let sql = Sql::new(concat!(
        "SELECT ",
        item_columns!(),
        ", username FROM items JOIN users ON users.id = owner_id WHERE item_id = $1 AND ($2 IS NULL OR owner_id = $2)"
    ))
    .bind(item_id)
    .bind(owner_id);
    let found: Option<Found> = connection.optional(sql).await?;
    found.map(|Found { item, username }| (item, username)).ok_or(StoreError::Missing)
}

async fn update(
    mut connection: Connection<'_>,
    item_id: &str,
    owner_id: Option<&str>,
    change: &ItemChange,
    condition: &Condition,
) -> Result<(ItemRow, String), StoreError> {
    let sql = Sql::new(
        "UPDATE items SET title = COALESCE($1, title), description = CASE WHEN $2 THEN $3 ELSE description END, \
         version = version + $7 WHERE item_id = $4 AND ($5 IS NULL OR owner_id = $5) \
         AND ($6 IS NULL OR $6 LIKE '%,' || version || ',%') RETURNING item_id",
    )
    .bind(change.title.as_deref())
    .bind(change.description.is_some())
    .bind(change.description.as_ref().and_then(Option::as_deref))
    .bind(item_id)
    .bind(owner_id)
    .bind(condition.versions())
    .bind(i64::from(change.title.is_some() || change.description.is_some()));
    let updated: Option<(String,)> = connection.optional(sql).await?;
    let found = find(connection.again(), item_id, owner_id).await?;
    if updated.is_none() {
        return Err(StoreError::Outdated);
    }
    let (item, _) = &found;
    let text = search_text([Some(&item.item_id), item.title.as_deref(), item.description.as_deref()]);
    connection.run(Sql::new("UPDATE items SET search_text = $1 WHERE item_id = $2").bind(text).bind(item_id)).await?;
    Ok(found)
}

async fn delete(
    mut connection: Connection<'_>,
    item_id: &str,
    owner_id: Option<&str>,
    condition: &Condition,
) -> Result<(), StoreError> {
    connection.lock_owner_of(item_id).await?;
    let sql = Sql::new(
        "DELETE FROM items WHERE item_id = $1 AND ($2 IS NULL OR owner_id = $2) \
         AND ($3 IS NULL OR $3 LIKE '%,' || version || ',%') RETURNING item_id",
    )
    .bind(item_id)
    .bind(owner_id)
    .bind(condition.versions());
    if connection.optional::<(String,)>(sql).await?.is_none() {
        find(connection, item_id, owner_id).await?;
        return Err(StoreError::Outdated);
    }
    Ok(())
}
