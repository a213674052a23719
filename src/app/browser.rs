//! Browser functions that the UI uses, apart from storage and `fetch`. They are called in effects and event handlers
//! only: on the server there is no browser.

use js_sys::{Date, Reflect};
use leptos::prelude::window;
use wasm_bindgen::JsValue;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The time now, in milliseconds of the browser's own clock.
pub fn now() -> f64 {
    Date::now()
}

/// A time to measure durations from, in milliseconds. Unlike [`now`], it never jumps.
pub fn stopwatch() -> f64 {
    window().performance().map_or_else(now, |performance| performance.now())
}

/// The local time of day of a moment in Unix milliseconds: `14:02`.
pub fn time_of_day(milliseconds: f64) -> String {
    let date = Date::new(&milliseconds.into());
    format!("{:02}:{:02}", date.get_hours(), date.get_minutes())
}

/// The local date and time of a moment in Unix milliseconds: `24 Nov 2026, 14:02:11`.
pub fn date_and_time(milliseconds: f64) -> String {
    let date = Date::new(&milliseconds.into());
    let month = usize::try_from(date.get_month()).ok().and_then(|month| MONTHS.get(month)).unwrap_or(&"");
    format!(
        "{} {month} {}, {}:{:02}",
        date.get_date(),
        date.get_full_year(),
        time_of_day(milliseconds),
        date.get_seconds()
    )
}

/// The path and query of the current page.
pub fn location() -> String {
    format!("{}{}", window().location().pathname().unwrap_or_default(), query())
}

/// The query of the page, with its question mark.
pub fn query() -> String {
    window().location().search().unwrap_or_default()
}

/// Whether the browser lets this site use `sessionStorage`. A browser that blocks cookies does not.
pub fn may_store_in_tab() -> bool {
    window().session_storage().is_ok_and(|storage| storage.is_some())
}

/// Whether the browser lets this site use `localStorage`.
pub fn may_store_on_device() -> bool {
    window().local_storage().is_ok_and(|storage| storage.is_some())
}

/// Copies `text` to the clipboard. Returns `false` if the browser refuses, for example on a page without HTTPS.
pub async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    let there =
        Reflect::get(&navigator, &JsValue::from_str("clipboard")).is_ok_and(|clipboard| !clipboard.is_undefined());
    there && wasm_bindgen_futures::JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok()
}
