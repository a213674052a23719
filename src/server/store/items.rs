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
}

impl Store {
    /// The items of `owner`, oldest first, without the first `skip` items. At most `limit` items.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn items_of(&self, owner: &UserRow, skip: i64, limit: i64) -> Result<Vec<Item>, StoreError> {
        let rows: Vec<ItemRow> = sqlx::query_as(
            "SELECT item_id, title, description FROM items WHERE owner_id = $1 ORDER BY created_at, item_id \
             LIMIT $2 OFFSET $3",
        )
        .bind(&owner.id)
        .bind(limit)
        .bind(skip)
        .fetch_all(&mut *self.readers.get().await?)
        .await?;
        let item = |row: ItemRow| Item {
            item_id: row.item_id,
            owner: owner.username.clone(),
            title: row.title,
            description: row.description,
        };
        Ok(rows.into_iter().map(item).collect())
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
