//! Locks that all tabs of this site share (the Web Locks API). The browser takes a lock away from a tab that is closed. Only
//! pages with HTTPS or on this machine have locks: on others nothing is waited for.

use std::time::Duration;

use js_sys::Promise;
use leptos::prelude::{set_timeout, window};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::js;

/// A tab sees what another tab has stored a moment after that. So a lock is let go of a moment late.
const MOMENT: Duration = Duration::from_millis(200);

/// A lock that this tab has. It is let go of when this is dropped.
pub struct Held(JsValue);

/// Takes a lock, as soon as nobody has it.
pub fn hold(name: &str) -> Held {
    // The lock is kept until a promise is settled, which a function returns. To bind `then` makes such a function.
    let promise = js::call(&js::get(&window(), "Promise"), "withResolvers", &[]).unwrap_or_default();
    let kept = js::get(&promise, "promise");
    if let Some(keep) = js::call(&js::get(&kept, "then"), "bind", &[kept]) {
        request(name, &keep);
    }
    Held(promise)
}

/// Waits until nobody has a lock.
pub async fn wait(name: &str) {
    // A function that returns at once.
    let pass = js::get(&window(), "Boolean");
    if let Some(passed) = request(name, &pass).and_then(|passed| passed.dyn_into::<Promise>().ok()) {
        // It fails if the page is being left.
        let _ = JsFuture::from(passed).await;
    }
}

/// Calls a function when the lock is free.
fn request(name: &str, callback: &JsValue) -> Option<JsValue> {
    let locks = js::get(&window().navigator(), "locks");
    js::call(&locks, "request", &[name.into(), callback.clone()])
}

impl Drop for Held {
    fn drop(&mut self) {
        let promise = self.0.clone();
        set_timeout(
            move || {
                js::call(&promise, "resolve", &[]);
            },
            MOMENT,
        );
    }
}
