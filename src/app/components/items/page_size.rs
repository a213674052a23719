//! The size of a page that was chosen last, on this device.
//!
//! A logout does not delete it: it is how this screen is used, and tells nothing about a user or an account.

use gloo_storage::{LocalStorage, Storage};

use crate::browser;

/// The key in `localStorage`.
const KEY: &str = "cloakroom.page-size";

/// The size that was chosen last, if there is one.
pub fn remembered() -> Option<u32> {
    storage()?.get_item(KEY).ok()??.parse().ok()
}

/// Remembers a size.
pub fn remember(size: u32) {
    if let Some(storage) = storage() {
        // If the storage is full, the address still has the size.
        let _ = storage.set_item(KEY, &size.to_string());
    }
}

/// The storage, if the browser lets this site use it.
fn storage() -> Option<web_sys::Storage> {
    browser::may_store_on_device().then(LocalStorage::raw)
}
