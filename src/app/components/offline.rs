//! Says that the browser has no network.

use leptos::{ev, prelude::*};

use crate::browser;

/// The notice while the browser is offline.
#[component]
pub fn Offline() -> impl IntoView {
    let is_offline = RwSignal::new(false);
    Effect::new(move || {
        is_offline.set(!browser::is_online());
        let listening = [
            window_event_listener(ev::offline, move |_| is_offline.set(true)),
            window_event_listener(ev::online, move |_| is_offline.set(false)),
        ];
        on_cleanup(move || listening.into_iter().for_each(|listening| listening.remove()));
    });
    let notice = move || {
        is_offline.get().then(|| {
            view! {
                <p class="banner">
                    "You are offline. What you see may be out of date, and nothing can be saved until you are back."
                </p>
            }
        })
    };
    view! { <div role="status">{notice}</div> }
}
