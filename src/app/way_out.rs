//! The way out when the session ends.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::{
    next,
    session::{Notice, Session, State},
    table::LOGIN,
};
use crate::browser::{self, json::object};

/// From now on, leaves the pages of those who are signed in when the session ends.
pub fn watch() {
    let session = expect_context::<Session>();
    // Effects run in the browser only.
    Effect::new(move || {
        if session.state() == State::Closed {
            leave(untrack(|| session.notice().get()));
        }
    });
}

/// Loads the login page anew, so that nothing of the account stays in memory. The login of the same user leads back,
/// unless the person logged out, or the account is disabled or deleted. The new page says why the session ended.
fn leave(notice: Option<Notice>) {
    let address = match notice {
        Some(Notice::LoggedOut | Notice::LoggedOutHere | Notice::Disabled | Notice::Deleted) => LOGIN.to_owned(),
        Some(Notice::Expired) | None => next::login_from(&(browser::path() + &browser::query())),
    };
    let stamp = browser::kept_with_address().as_string().map_or(JsValue::NULL, JsValue::from);
    let kept = match notice {
        Some(notice) => object([("note", notice.name().into()), ("stamp", stamp)]),
        None => stamp,
    };
    browser::keep_with_address(&kept, Some(&address));
    browser::reload();
}
