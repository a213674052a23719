//! JSON, read and written by the browser's own parser. The login page uses this and not serde_json, which would make it
//! heavier: see "The files of a page" in ARCHITECTURE.md. The pages behind the login use serde_json.

use std::fmt;

use js_sys::{JSON, Object, Reflect};
use wasm_bindgen::JsValue;

/// A JSON value. A member that is missing is undefined, and so are its own members.
pub struct Json(JsValue);

impl Json {
    /// Reads a JSON text. `None` if it is not JSON.
    pub fn parse(text: &str) -> Option<Self> {
        JSON::parse(text).ok().map(Self)
    }

    /// The member of an object.
    pub fn member(&self, name: &str) -> Self {
        Self(Reflect::get(&self.0, &name.into()).unwrap_or_default())
    }

    /// The text, if this is a text.
    pub fn text(&self) -> Option<String> {
        self.0.as_string()
    }

    /// The number, if this is a number.
    pub fn number(&self) -> Option<f64> {
        self.0.as_f64()
    }

    /// The number, if this is a number. It is cut to a whole number that is not negative.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, and that is what is wanted"
    )]
    pub fn whole_number(&self) -> Option<u32> {
        self.number().map(|number| number as u32)
    }
}

/// The JSON text of the value.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text(&self.0))
    }
}

impl From<Json> for JsValue {
    fn from(json: Json) -> Self {
        json.0
    }
}

/// An object with these members.
pub fn object<const N: usize>(members: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new();
    for (name, value) in members {
        // A new object takes every member.
        let _ = Reflect::set(&object, &name.into(), &value);
    }
    object.into()
}

/// The JSON text of a value.
pub fn text(value: &JsValue) -> String {
    JSON::stringify(value).map(String::from).unwrap_or_default()
}
