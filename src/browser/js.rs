//! Rare calls of the browser, by name. Each function that is declared with wasm-bindgen makes the login page heavier, also if
//! only a page behind the login calls it: its name is in the main WASM, and its JavaScript in the file that every page
//! loads.

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast, JsValue};

/// The member of an object. Undefined if it has none.
pub fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &name.into()).unwrap_or_default()
}

/// Calls a method of an object. `None` if there is none, or if it throws.
pub fn call(object: &JsValue, method: &str, arguments: &[JsValue]) -> Option<JsValue> {
    let method: Function = get(object, method).dyn_into().ok()?;
    Reflect::apply(&method, object, &arguments.iter().collect::<Array>()).ok()
}
