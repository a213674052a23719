//! Each entry of the browser's history is stamped with the id of the user who saw it. Whoever logs in next in the same tab
//! and goes back sees nothing of it: the address may tell what the former user looked for. Addresses without a stamp were
//! typed or linked to, and are open to all.
//!
//! `former.js` does the same before a page is painted that is loaded anew.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::{session::Session, table::HOME, who};
use crate::browser;

/// Stamps the entry that is shown.
pub fn stamp(session: Session) {
    if let Some(own) = own(session) {
        browser::keep_with_address(&own.into(), None);
    }
}

/// Whether the entry that is shown is another user's.
pub fn is_of_another(session: Session) -> bool {
    let stamp = browser::kept_with_address().as_string();
    stamp.is_some_and(|stamp| own(session).is_some_and(|own| own != stamp))
}

/// Replaces the entry that is shown, if it is another user's. The router must not have seen it yet.
pub fn replace_if_of_another(session: Session) {
    if is_of_another(session) {
        browser::keep_with_address(&JsValue::NULL, Some(HOME));
        stamp(session);
    }
}

/// The stamp of who is signed in.
fn own(session: Session) -> Option<String> {
    who::id(&untrack(|| session.token())?)
}
