//! The size of a page that was chosen last, on this device.
//!
//! A logout does not delete it: it is how this screen is used, and tells nothing about a user or an account.

use crate::browser;

/// The key in `localStorage`.
const KEY: &str = "cloakroom.page-size";

/// The size that was chosen last, if there is one.
pub fn remembered() -> Option<u32> {
    browser::device_storage()?.get_item(KEY).ok()??.parse().ok()
}

/// Remembers a size.
pub fn remember(size: u32) {
    if let Some(storage) = browser::device_storage() {
        // If the storage is full, the address still has the size.
        let _ = storage.set_item(KEY, &size.to_string());
    }
}
