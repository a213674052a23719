//! Toasts: short messages about what was done. They are announced, can be dismissed, and cover nothing that the page cannot be
//! scrolled clear of. Nobody hears what is behind a dialog: what comes while one is open is shown when it closes.

use std::time::Duration;

use leptos::{leptos_dom::helpers::set_interval_with_handle, prelude::*};

use crate::browser;

/// How long a message stays, in seconds. While the pointer or the keyboard focus is on the messages, the time stands
/// still. A failure stays until it is dismissed.
const STAY: u32 = 8;
/// How many messages are shown. More than these nobody reads.
const MOST: usize = 3;
/// The element that they are in.
const REGION: &str = ".toasts";
/// How soon after a dialog has closed the messages come that waited for that.
const SOON: Duration = Duration::from_millis(100);

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
    /// Whether it waits until a dialog closes.
    waits: bool,
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
        let waits = browser::has_modal_dialog();
        let had_focus = browser::has_focus_within(REGION);
        self.shown.try_update(|shown| {
            // The same words twice would be one message to a reader.
            shown.retain(|toast| toast.text != text);
            if shown.len() == MOST {
                // Failures are removed only if there is nothing else.
                let oldest = shown.iter().position(|toast| !toast.is_failure).unwrap_or_default();
                shown.remove(oldest);
            }
            shown.push(Toast { id, is_failure, text, left: STAY, waits });
        });
        if had_focus {
            // It may have been on a message that had to make room.
            request_animation_frame(move || browser::focus_if_lost(&dismiss_id(id)));
        }
        if !waits {
            request_animation_frame(|| browser::uncover_focus(REGION));
        }
    }

    /// Takes a message away. The keyboard focus was on its button: it goes to the next message, or to the page.
    fn dismiss(self, id: u32) {
        self.shown.update(|shown| shown.retain(|toast| toast.id != id));
        let next = self.shown.with_untracked(|shown| {
            let newest = |is_failure: bool| shown.iter().rfind(|toast| toast.is_failure == is_failure);
            newest(true).or(newest(false)).map(|toast| dismiss_id(toast.id))
        });
        browser::focus(&next.unwrap_or_else(|| "main".to_owned()));
    }

    /// Whether messages wait until a dialog closes. Views that read it follow its changes.
    fn is_any_waiting(self) -> bool {
        self.shown.with(|shown| shown.iter().any(|toast| toast.waits))
    }

    /// Shows the messages that waited, if no dialog is open any more.
    fn show_waiting(self) {
        if !browser::has_modal_dialog() {
            self.shown.update(|shown| shown.iter_mut().for_each(|toast| toast.waits = false));
            request_animation_frame(|| browser::uncover_focus(REGION));
        }
    }

    /// A second has passed.
    fn tick(self) {
        let is_timed = |toast: &Toast| !toast.is_failure && !toast.waits;
        if !self.shown.with_untracked(|shown| shown.iter().any(is_timed)) {
            return;
        }
        self.shown.update(|shown| {
            for toast in shown.iter_mut().filter(|toast| is_timed(toast)) {
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
    Effect::new(move || {
        let tick = move || {
            // Asked anew each second: a browser does not tell that the pointer or the focus has left what is gone.
            if !browser::is_pointed_at(REGION) {
                toasts.tick();
            }
        };
        if let Ok(ticking) = set_interval_with_handle(tick, Duration::from_secs(1)) {
            on_cleanup(move || ticking.clear());
        }
    });
    let is_any_waiting = Memo::new(move |_| toasts.is_any_waiting());
    Effect::new(move || {
        if is_any_waiting.get()
            && let Ok(waiting) = set_interval_with_handle(move || toasts.show_waiting(), SOON)
        {
            on_cleanup(move || waiting.clear());
        }
    });
    let of_kind = move |is_failure: bool| {
        move || {
            toasts
                .shown
                .get()
                .into_iter()
                .rev()
                .filter(|toast| !toast.waits && toast.is_failure == is_failure)
                .collect::<Vec<_>>()
        }
    };
    view! {
        // Failures come first, and the newest message of each kind: it may be the only one that is in sight.
        <section class="toasts" aria-label="Messages">
            <div role="alert">
                <For each=of_kind(true) key=|toast| toast.id let:toast>
                    <Message toast />
                </For>
            </div>
            <div role="status">
                <For each=of_kind(false) key=|toast| toast.id let:toast>
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
