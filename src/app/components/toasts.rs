//! Toasts: short messages about what was done. They are announced, can be dismissed, and cover nothing.

use std::time::Duration;

use leptos::{leptos_dom::helpers::set_interval_with_handle, prelude::*};

use crate::browser;

/// How long a message stays, in seconds. While the pointer or the keyboard focus is on the messages, the time stands
/// still. A failure stays until it is dismissed.
const STAY: u32 = 8;

/// The messages that are shown.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
}

#[derive(Clone)]
struct Toast {
    id: u32,
    is_failure: bool,
    text: String,
    /// Seconds that are left.
    left: u32,
}

impl Toasts {
    /// No messages.
    pub fn new() -> Self {
        Self { shown: RwSignal::new(Vec::new()), next: StoredValue::new(0) }
    }

    /// Says what was done: `Saved.`
    pub fn done(self, text: impl Into<String>) {
        self.show(false, text.into());
    }

    /// Says what failed, and what to do.
    pub fn failed(self, text: impl Into<String>) {
        self.show(true, text.into());
    }

    fn show(self, is_failure: bool, text: String) {
        let id = self.next.try_update_value(|next| {
            *next += 1;
            *next
        });
        let Some(id) = id else { return };
        self.shown.try_update(|shown| {
            // The same words twice would be one message to a reader.
            shown.retain(|toast| toast.text != text);
            shown.push(Toast { id, is_failure, text, left: STAY });
        });
    }

    /// Takes a message away. The keyboard focus was on its button: it goes to the next message, or to the page.
    fn dismiss(self, id: u32) {
        self.shown.update(|shown| shown.retain(|toast| toast.id != id));
        let next = self.shown.with_untracked(|shown| shown.last().map(|toast| dismiss_id(toast.id)));
        browser::focus(&next.unwrap_or_else(|| "main".to_owned()));
    }

    /// A second has passed.
    fn tick(self) {
        if self.shown.with_untracked(|shown| shown.iter().all(|toast| toast.is_failure)) {
            return;
        }
        self.shown.update(|shown| {
            for toast in shown.iter_mut().filter(|toast| !toast.is_failure) {
                toast.left = toast.left.saturating_sub(1);
            }
            shown.retain(|toast| toast.left > 0);
        });
    }
}

/// The id of the button that takes a message away.
fn dismiss_id(toast: u32) -> String {
    format!("dismiss-{toast}")
}

/// Where the messages are shown. The parts that are announced are there before the first message.
#[component]
pub fn ToastRegion() -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let is_held = RwSignal::new(false);
    Effect::new(move || {
        let tick = move || {
            if !is_held.get_untracked() {
                toasts.tick();
            }
        };
        if let Ok(ticking) = set_interval_with_handle(tick, Duration::from_secs(1)) {
            on_cleanup(move || ticking.clear());
        }
    });
    let of_kind = move |is_failure: bool| {
        move || toasts.shown.get().into_iter().filter(|toast| toast.is_failure == is_failure).collect::<Vec<_>>()
    };
    view! {
        <section
            class="toasts"
            aria-label="Messages"
            on:pointerenter=move |_| is_held.set(true)
            on:pointerleave=move |_| is_held.set(false)
            on:focusin=move |_| is_held.set(true)
            on:focusout=move |_| is_held.set(false)
        >
            <div role="status">
                <For each=of_kind(false) key=|toast| toast.id let:toast>
                    <Message toast />
                </For>
            </div>
            <div role="alert">
                <For each=of_kind(true) key=|toast| toast.id let:toast>
                    <Message toast />
                </For>
            </div>
        </section>
    }
}

#[component]
fn Message(toast: Toast) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    view! {
        <div class="toast" class:failure=toast.is_failure>
            <p>{toast.text}</p>
            <button
                type="button"
                class="small"
                id=dismiss_id(toast.id)
                aria-label="Dismiss"
                on:click=move |_| toasts.dismiss(toast.id)>
                "✕"
            </button>
        </div>
    }
}
