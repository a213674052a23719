//! What is decided about items: their ids, and what a change means.

use super::{
    clock,
    store::{Actor, Condition, ItemChange, ItemRow, NewItem, Store, StoreError, Unique, UserRow},
};
use crate::{
    error::ApiError,
    model::{Description, ItemCreate, ItemUpdate, Title},
};

/// The characters of an id: those that nobody takes for another one (Crockford's Base32, in lower case).
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// How many characters an id has. It has 60 random bits.
const ID_LENGTH: usize = 12;
/// How many ids are tried. With a billion items, the first one is taken once in a billion times.
const ATTEMPTS: usize = 3;

/// Creates an item of `owner`, if the actor still may.
///
/// # Errors
/// [`ApiError::invalid_token`] if the owner is gone, [`ApiError::unavailable`], [`ApiError::internal`].
pub async fn create(store: &Store, owner: &UserRow, new: ItemCreate, actor: &Actor) -> Result<ItemRow, ApiError> {
    let ItemCreate { title, description } = new;
    let mut item = NewItem {
        item_id: new_id()?,
        owner_id: owner.id.clone(),
        title: Some(title.into()),
        description: description.and_then(Description::into_text),
        created_at: clock::unix_milliseconds(),
    };
    for _ in 1..ATTEMPTS {
        match store.insert_item(&item, Some(actor)).await {
            Err(StoreError::Taken(Unique::Id)) => item.item_id = new_id()?,
            // The owner was deleted since the token was checked.
            Err(StoreError::Missing) => return Err(ApiError::invalid_token()),
            inserted => return Ok(inserted?),
        }
    }
    Ok(store.insert_item(&item, Some(actor)).await?)
}

/// Changes an item, if its row fulfils the condition. With an `owner_id`, the items of others count as missing. Returns the
/// item as it is then, and its owner's username.
///
/// # Errors
/// [`StoreError::Missing`], [`StoreError::Outdated`].
pub async fn update(
    store: &Store,
    item_id: &str,
    owner_id: Option<&str>,
    update: ItemUpdate,
    condition: &Condition,
) -> Result<(ItemRow, String), StoreError> {
    let change = ItemChange {
        title: update.title.map(Title::into),
        description: update.description.map(|description| description.and_then(Description::into_text)),
    };
    store.update_item(item_id, owner_id, &change, condition).await
}

/// A new random id: short, and safe in a URL.
fn new_id() -> Result<String, ApiError> {
    let mut random = [0; ID_LENGTH];
    getrandom::fill(&mut random).map_err(|error| {
        tracing::error!(%error, "an item's id cannot be made");
        ApiError::internal()
    })?;
    let letter = |byte: u8| ALPHABET.get(usize::from(byte % 32)).copied().map_or('0', char::from);
    Ok(random.into_iter().map(letter).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_safe_in_a_url_and_never_the_same() {
        let ids: std::collections::HashSet<_> = (0..1000).map(|_| new_id().expect("randomness")).collect();
        assert_eq!(ids.len(), 1000);
        assert!(
            ids.iter().all(|id| id.len() == 12 && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
        );
    }
}
