//! Locks that all tabs of this site share (the Web Locks API). The browser takes a lock away from a tab that is closed. Only
//! pages with HTTPS or on this machine have locks: on others nothing is waited for.

use std::time::Duration;

use futures::channel::oneshot;
use leptos::prelude::{set_timeout, window};
use wasm_bindgen::{JsValue, closure::Closure};

use super::js;

/// A tab sees what another tab has stored a moment after that. So a lock is let go of a moment late.
const MOMENT: Duration = Duration::from_millis(200);

/// A lock that this tab has. It is let go of when this is dropped.
pub struct Held(JsValue);

/// Takes a lock, and waits until this tab has it.
pub async fn take(name: &str) -> Held {
    let (has_it, waits) = oneshot::channel();
    // The lock is kept until a promise is settled, which a function returns.
    let promise = js::call(&js::get(&window(), "Promise"), "withResolvers", &[]).unwrap_or_default();
    let kept = js::get(&promise, "promise");
    let callback = Closure::once_into_js(move || {
        // Nobody waits any more if the page is being left.
        let _ = has_it.send(());
        kept
    });
    if request(name, &callback).is_some() {
        // It fails if the page is being left.
        let _ = waits.await;
    }
    Held(promise)
}

impl Held {
    /// Lets go of the lock at once: this tab has stored nothing.
    pub fn let_go(mut self) {
        js::call(&std::mem::take(&mut self.0), "resolve", &[]);
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
        if promise.is_undefined() {
            return;
        }
        set_timeout(
            move || {
                js::call(&promise, "resolve", &[]);
            },
            MOMENT,
        );
    }
}
