//! What the UI asks the browser for, apart from storage and `fetch`. Called in effects and event handlers only: on the
//! server there is no browser to ask.

use js_sys::{Date, Reflect};
use leptos::prelude::window;
use wasm_bindgen::JsValue;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Now, in milliseconds of the browser's own clock.
pub fn now() -> f64 {
    Date::now()
}

/// A moment to measure from, in milliseconds: unlike [`now`], it never jumps.
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

/// The path and query of the page: where a person is.
pub fn location() -> String {
    format!("{}{}", window().location().pathname().unwrap_or_default(), query())
}

/// The query of the page, with its question mark.
pub fn query() -> String {
    window().location().search().unwrap_or_default()
}

/// Whether the browser lets this site store anything until the tab is closed: one that blocks cookies does not.
pub fn may_store_in_tab() -> bool {
    window().session_storage().is_ok_and(|storage| storage.is_some())
}

/// Whether the browser lets this site store anything on this device.
pub fn may_store_on_device() -> bool {
    window().local_storage().is_ok_and(|storage| storage.is_some())
}

/// Puts `text` on the clipboard. `false` where the browser does not let a page do that, as on a page without HTTPS.
pub async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    let there =
        Reflect::get(&navigator, &JsValue::from_str("clipboard")).is_ok_and(|clipboard| !clipboard.is_undefined());
    there && wasm_bindgen_futures::JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok()
}
