//! What the UI asks of the browser: its clock, its address bar, its clipboard, `fetch` and JSON. On the server
//! there is no browser: nothing that is rendered may call these functions while it is rendered.

pub mod fetch;
pub mod json;

use js_sys::{Date, Reflect};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{FocusOptions, HtmlElement, HtmlInputElement, UrlSearchParams};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The time now, in milliseconds of the browser's own clock.
pub fn now() -> f64 {
    Date::now()
}

/// A time to measure durations from, in milliseconds. Unlike [`now`], it never jumps.
pub fn stopwatch() -> f64 {
    window().performance().map_or_else(now, |performance| performance.now())
}

/// The whole milliseconds since a [`stopwatch`] was started.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "`as` saturates, and that is what is wanted"
)]
pub fn since(started: f64) -> u32 {
    (stopwatch() - started).round() as u32
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

/// The path of the current page.
pub fn path() -> String {
    window().location().pathname().unwrap_or_default()
}

/// The query of the current page, with its question mark.
pub fn query() -> String {
    window().location().search().unwrap_or_default()
}

/// A parameter of the current page's query.
pub fn query_parameter(name: &str) -> Option<String> {
    UrlSearchParams::new_with_str(&query()).ok()?.get(name)
}

/// Puts `address` into the address bar, in place of the current one. Loads nothing. The browser keeps `note` with the
/// address, also while it loads the page again.
pub fn replace_address(address: &str, note: Option<&str>) {
    if let Ok(history) = window().history() {
        // A browser refuses this only to a page that does it hundreds of times in a row.
        let _ = history.replace_state_with_url(&note.map_or(JsValue::NULL, JsValue::from_str), "", Some(address));
    }
}

/// Takes the note that was kept with the address.
pub fn take_note() -> Option<String> {
    let history = window().history().ok()?;
    let note = history.state().ok()?.as_string()?;
    let _ = history.replace_state(&JsValue::NULL, "");
    Some(note)
}

/// Whether the browser has a network at all.
pub fn is_online() -> bool {
    window().navigator().on_line()
}

/// The element that the app is in.
pub fn app_element() -> Option<HtmlElement> {
    document().get_element_by_id("app")?.dyn_into().ok()
}

/// Loads the current address again.
pub fn reload() {
    // A page that is being left already cannot be loaded again.
    let _ = window().location().reload();
}

/// Sets an attribute of the `html` element.
pub fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = document().document_element() {
        // Setting an attribute with a valid name does not fail.
        let _ = root.set_attribute(name, value);
    }
}

/// Gives the keyboard focus to the page's heading. The page does not scroll.
pub fn focus_heading() {
    let heading = document().query_selector("main h1").ok().flatten();
    if let Some(heading) = heading.and_then(|heading| heading.dyn_into::<HtmlElement>().ok()) {
        heading.set_tab_index(-1);
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        // A page in the background may not take the focus.
        let _ = heading.focus_with_options(&options);
    }
}

/// Empties a field.
pub fn empty_field(id: &str) {
    let field = document().get_element_by_id(id);
    if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlInputElement>().ok()) {
        field.set_value("");
    }
}

/// Gives the keyboard focus to a field, and selects its text.
pub fn select_field(id: &str) {
    let field = document().get_element_by_id(id);
    if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlInputElement>().ok()) {
        // A page in the background may not take the focus.
        let _ = field.focus();
        field.select();
    }
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
