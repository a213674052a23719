//! Items: rows and queries.

use sqlx::FromRow;

use super::{Store, StoreError, UserRow};
use crate::model::Item;

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

/// An item without its owner: the caller knows the owner.
#[derive(FromRow)]
struct ItemRow {
    item_id: String,
    title: Option<String>,
    description: Option<String>,
    created_at: i64,
}

/// A place in a list of items: of an item that is there, or was there. It is found at once, however long the list is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// When the item was created, in Unix milliseconds.
    pub created_at: i64,
    /// Tells apart the items of one millisecond.
    pub item_id: String,
}

/// A page of a list of items.
pub struct Page {
    /// The items.
    pub items: Vec<Item>,
    /// Where the page ends, if there are more items.
    pub more_after: Option<Place>,
}

impl Store {
    /// The items of `owner` after a place, oldest first, without the first `skip` of them. At most `limit` items.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn items_of(
        &self,
        owner: &UserRow,
        after: Option<&Place>,
        skip: i64,
        limit: i64,
    ) -> Result<Page, StoreError> {
        // No item is at the first place of all.
        let (created_at, item_id) = after.map_or((i64::MIN, ""), |place| (place.created_at, &place.item_id));
        // `+ 0`: with a parameter alone after LIMIT, SQLite would prepare the statement anew for each value.
        let mut rows: Vec<ItemRow> = sqlx::query_as(
            "SELECT item_id, title, description, created_at FROM items \
             WHERE owner_id = $1 AND (created_at, item_id) > ($2, $3) ORDER BY created_at, item_id LIMIT $4 + 0 OFFSET $5",
        )
        .bind(&owner.id)
        .bind(created_at)
        .bind(item_id)
        // One more than asked for tells whether there are more.
        .bind(limit + 1)
        .bind(skip)
        .fetch_all(&mut *self.readers.get().await?)
        .await?;
        let has_more = i64::try_from(rows.len()).is_ok_and(|rows| rows > limit);
        if has_more {
            rows.pop();
        }
        let place = |row: &ItemRow| Place { created_at: row.created_at, item_id: row.item_id.clone() };
        let more_after = rows.last().filter(|_| has_more).map(place);
        let item = |row: ItemRow| Item {
            item_id: row.item_id,
            owner: owner.username.clone(),
            title: row.title,
            description: row.description,
        };
        Ok(Page { items: rows.into_iter().map(item).collect(), more_after })
    }

    /// Creates an item.
    ///
    /// # Errors
    /// [`StoreError::Taken`] for an `item_id` that is in use.
    pub async fn insert_item(&self, item: &NewItem) -> Result<(), StoreError> {
        let mut write = self.write().await?;
        let inserted = sqlx::query(
            "INSERT INTO items (item_id, owner_id, title, description, created_at) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(&item.item_id)
        .bind(&item.owner_id)
        .bind(&item.title)
        .bind(&item.description)
        .bind(item.created_at)
        .execute(&mut *write)
        .await;
        write.end(inserted.map(drop).map_err(StoreError::from)).await
    }
}
