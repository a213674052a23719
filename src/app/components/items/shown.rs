//! What the list shows: the items that were loaded last, without those that are being deleted.

use leptos::prelude::*;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    app::latest::Latest,
    error::ApiError,
    model::{Item, Page},
};

/// The longest title that stands in a sentence, in characters.
const SHORT: usize = 60;

/// The items that are shown.
#[derive(Clone, Copy)]
pub struct Shown {
    loaded: Latest<Page<Item>>,
    /// The ids of the items that are being deleted, and of those that were. An id is never used twice.
    gone: RwSignal<Vec<String>>,
}

impl Shown {
    /// Shows what is loaded.
    pub fn new(loaded: Latest<Page<Item>>) -> Self {
        Self { loaded, gone: RwSignal::new(Vec::new()) }
    }

    /// Why nothing is shown, if the last answer is a refusal.
    pub fn refusal(self) -> Option<ApiError> {
        self.loaded.get().and_then(Result::err)
    }

    /// The ids of the items, in their order. `None` if nothing was loaded.
    pub fn ids(self) -> Option<Vec<String>> {
        let ids = |page: &Page<Item>| page.data.iter().map(|item| item.item_id.clone()).collect::<Vec<_>>();
        let mut ids = self.loaded.with(ids)?;
        self.gone.try_with(|gone| ids.retain(|id| !gone.contains(id)))?;
        Some(ids)
    }

    /// How many items there are in all. `None` if nothing was loaded.
    pub fn count(self) -> Option<i64> {
        let is_gone = |item: &Item| self.gone.try_with(|gone| gone.contains(&item.item_id)).unwrap_or_default();
        self.loaded.with(|page| {
            page.data.iter().filter(|item| is_gone(item)).fold(page.count, |count, _| count.saturating_sub(1))
        })
    }

    /// An item.
    pub fn item(self, id: &str) -> Option<Item> {
        self.loaded.with(|page| page.data.iter().find(|item| item.item_id == id).cloned()).flatten()
    }

    /// The id of the item after this one, or else before it.
    pub fn neighbour(self, id: &str) -> Option<String> {
        let ids = untrack(|| self.ids())?;
        let position = ids.iter().position(|other| other == id)?;
        ids.get(position + 1).or_else(|| ids.get(position.checked_sub(1)?)).cloned()
    }

    /// Shows an item as it is now.
    pub fn change(self, now: Item) {
        self.loaded.change(|page| {
            if let Some(item) = page.data.iter_mut().find(|item| item.item_id == now.item_id) {
                *item = now;
            }
        });
    }

    /// Takes an item out of the list.
    pub fn hide(self, id: &str) {
        self.gone.try_update(|gone| gone.push(id.to_owned()));
    }

    /// Puts an item back to its place.
    pub fn put_back(self, id: &str) {
        self.gone.try_update(|gone| gone.retain(|other| other != id));
    }

    /// Loads the list again.
    pub fn refetch(self) {
        self.loaded.refetch();
    }
}

/// The title of an item; one without a title is called by its id.
pub fn name(item: &Item) -> String {
    item.title.clone().unwrap_or_else(|| item.item_id.clone())
}

/// A name in quotes, short enough for a sentence.
pub fn quoted(name: &str) -> String {
    match name.char_indices().nth(SHORT) {
        Some((end, _)) => format!("“{}…”", name.get(..end).unwrap_or_default()),
        None => format!("“{name}”"),
    }
}

/// Where the API has an item.
pub fn item_path(id: &str) -> String {
    format!("/items/{}", utf8_percent_encode(id, NON_ALPHANUMERIC))
}
