//! Numbers and times in the words of the reader: the language and the region that the browser is set to.

use js_sys::{Date, Number};
use leptos::prelude::window;
use wasm_bindgen::JsValue;

use super::{js, json::object};

/// The reader's language: `en-GB`.
fn language() -> JsValue {
    js::get(&window().navigator(), "language")
}

/// A whole number: `10,000`.
#[expect(clippy::cast_precision_loss, reason = "JavaScript's numbers are exact up to 2^53")]
pub fn number(number: i64) -> String {
    Number::from(number as f64).to_locale_string(&language().as_string().unwrap_or_else(|| "en".to_owned())).into()
}

/// The local time of day of a moment in Unix milliseconds: `14:02`.
pub fn time_of_day(milliseconds: f64) -> String {
    formatted(&milliseconds.into(), &[("timeStyle", "short")])
}

/// The local date and time of a moment in Unix milliseconds: `24 Nov 2026, 14:02:11`.
pub fn date_and_time(milliseconds: f64) -> String {
    formatted(&milliseconds.into(), &[("dateStyle", "medium"), ("timeStyle", "medium")])
}

/// The local date and time of a moment in RFC 3339: `24 Nov 2026, 14:02:11`.
pub fn date_and_time_of(moment: &str) -> String {
    formatted(&moment.into(), &[("dateStyle", "medium"), ("timeStyle", "medium")])
}

/// The local date of a moment in RFC 3339: `24 Nov 2026`.
pub fn date(moment: &str) -> String {
    formatted(&moment.into(), &[("dateStyle", "medium")])
}

fn formatted(moment: &JsValue, styles: &[(&str, &str)]) -> String {
    let options = object([]);
    for (name, style) in styles {
        // A new object takes every member.
        let _ = js_sys::Reflect::set(&options, &(*name).into(), &JsValue::from_str(style));
    }
    let text = js::call(&Date::new(moment), "toLocaleString", &[language(), options]);
    text.and_then(|text| text.as_string()).unwrap_or_default()
}
