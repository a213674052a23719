//! What the UI asks of the browser: its clock, its address bar, its clipboard, `fetch` and JSON. On the server
//! there is no browser: nothing that is rendered may call these functions while it is rendered.

pub mod fetch;
pub mod js;
pub mod json;
pub mod locale;
pub mod lock;
pub mod stylesheet;

use js_sys::{Date, Promise};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Crypto, FocusOptions, HtmlElement, HtmlInputElement, Storage, UrlSearchParams};

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

/// Puts `address` into the address bar, in place of the current one. Loads nothing. What the browser keeps with the
/// current one, it keeps with the new one.
pub fn replace_address(address: &str) {
    keep_with_address(&kept_with_address(), Some(address));
}

/// What the browser keeps with the current address, also while it loads the page again.
pub fn kept_with_address() -> JsValue {
    window().history().and_then(|history| history.state()).unwrap_or_default()
}

/// Lets the browser keep something with the current address, or with the one that is put in its place.
pub fn keep_with_address(value: &JsValue, address: Option<&str>) {
    if let Ok(history) = window().history() {
        // A browser refuses this only to a page that does it hundreds of times in a row.
        let _ = history.replace_state_with_url(value, "", address);
    }
}

/// Adds an address to the browser's history. Loads nothing.
pub fn push_address(address: &str) {
    if let Ok(history) = window().history() {
        // A browser refuses this only to a page that does it hundreds of times in a row.
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(address));
    }
}

/// Goes to the address before this one, as the browser's Back does.
pub fn go_back() {
    js::call(&js::get(&window(), "history"), "back", &[]);
}

/// Opens a dialog in front of the page. Nothing happens if it is open already.
pub fn show_modal(dialog: &JsValue) {
    js::call(dialog, "showModal", &[]);
}

/// Whether a dialog is open in front of the page.
pub fn has_modal_dialog() -> bool {
    document().query_selector("dialog:modal").is_ok_and(|dialog| dialog.is_some())
}

/// Whether the pointer or the keyboard focus is on an element.
pub fn is_pointed_at(selector: &str) -> bool {
    document().query_selector(&format!("{selector}:is(:hover, :focus-within)")).is_ok_and(|element| element.is_some())
}

/// Whether the keyboard focus is within an element.
pub fn has_focus_within(selector: &str) -> bool {
    document().query_selector(&format!("{selector}:focus-within")).is_ok_and(|element| element.is_some())
}

/// Scrolls the control that has the keyboard focus until nothing of this lies over it.
pub fn uncover_focus(by: &str) {
    // Not what is as high as the page, such as a list.
    const CONTROL: &str = ":is(a, button, input, select, textarea, summary):focus";
    let (Ok(Some(above)), Ok(Some(focused))) = (document().query_selector(by), document().query_selector(CONTROL))
    else {
        return;
    };
    let side = |element: &web_sys::Element, name: &str| {
        let place = js::call(element, "getBoundingClientRect", &[])?;
        js::get(&place, name).as_f64()
    };
    let overlaps = [["right", "left"], ["bottom", "top"]]
        .into_iter()
        .all(|[end, start]| side(&focused, end) > side(&above, start) && side(&above, end) > side(&focused, start));
    if overlaps && !has_focus_within(by) {
        js::call(&focused, "scrollIntoView", &[json::object([("block", "nearest".into())])]);
    }
}

/// Closes a dialog. A dialog that is taken out of the page gives the keyboard focus back only if it is closed before.
pub fn close_dialog(dialog: &JsValue) {
    js::call(dialog, "close", &[]);
}

/// Takes the note that was kept with the address. The stamp beside it stays.
pub fn take_note() -> Option<String> {
    let kept = kept_with_address();
    let note = js::get(&kept, "note").as_string()?;
    keep_with_address(&js::get(&kept, "stamp"), None);
    Some(note)
}

/// Posts a form, which is written already. Nobody waits for the answer, and it is sent also if the page is left at this moment.
pub fn post_and_forget(path: &str, form: &str) {
    // Its type tells the browser that it is a form.
    if let Ok(form) = UrlSearchParams::new_with_str(form) {
        js::call(&window().navigator(), "sendBeacon", &[path.into(), form.into()]);
    }
}

/// Whether the browser has a network at all.
pub fn is_online() -> bool {
    js::get(&window().navigator(), "onLine").is_truthy()
}

/// The element that the app is in.
pub fn app_element() -> Option<HtmlElement> {
    document().get_element_by_id("app")?.dyn_into().ok()
}

/// Loads the current address again.
pub fn reload() {
    // A page that is being left already cannot be loaded again.
    js::call(&window().location(), "reload", &[]);
}

/// Sets an attribute of the `html` element.
pub fn set_root_attribute(name: &str, value: &str) {
    if let Some(root) = document().document_element() {
        // Setting an attribute with a valid name does not fail.
        let _ = root.set_attribute(name, value);
    }
}

/// Sets an attribute of the `html` element, or removes it.
pub fn set_or_remove_root_attribute(name: &str, value: Option<&str>) {
    if let (None, Some(root)) = (value, document().document_element()) {
        // Removing an attribute does not fail.
        let _ = root.remove_attribute(name);
    }
    if let Some(value) = value {
        set_root_attribute(name, value);
    }
}

/// An attribute of the `html` element.
pub fn root_attribute(name: &str) -> Option<String> {
    document().document_element()?.get_attribute(name)
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

/// Gives the keyboard focus to an element.
pub fn focus(id: &str) {
    let element = document().get_element_by_id(id);
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        // A page in the background may not take the focus.
        let _ = element.focus();
    }
}

/// Whether a button is pressed at this moment.
pub fn is_pressed() -> bool {
    document().query_selector("button:active").is_ok_and(|pressed| pressed.is_some())
}

/// Gives the keyboard focus to an element if nothing has it, or to the heading if the element cannot take it.
pub fn focus_if_lost(id: &str) {
    if is_focus_lost() {
        focus(id);
    }
    focus_heading_if_lost();
}

/// Gives the keyboard focus to the heading if nothing has it.
pub fn focus_heading_if_lost() {
    if is_focus_lost() {
        focus_heading();
    }
}

/// Whether nothing has the keyboard focus.
fn is_focus_lost() -> bool {
    document().query_selector(":focus").is_ok_and(|focused| focused.is_none())
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
    device_storage().is_some()
}

/// `localStorage`, if the browser lets this site use it.
pub fn device_storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// Random bytes that nobody can foresee. `None` if the browser has none.
pub fn random_bytes(count: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; count];
    js::get(&window(), "crypto").unchecked_into::<Crypto>().get_random_values_with_u8_array(&mut bytes).ok()?;
    Some(bytes)
}

/// Copies `text` to the clipboard. Returns `false` if the browser refuses, for example on a page without HTTPS.
pub async fn copy(text: &str) -> bool {
    let clipboard = js::get(&window().navigator(), "clipboard");
    // A page without HTTPS has no clipboard, and a clipboard without an object has no methods.
    let Some(copied) = clipboard.is_object().then(|| js::call(&clipboard, "writeText", &[text.into()])).flatten()
    else {
        return false;
    };
    wasm_bindgen_futures::JsFuture::from(copied.unchecked_into::<Promise>()).await.is_ok()
}
