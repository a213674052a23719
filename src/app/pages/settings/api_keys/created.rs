//! The key that was made a moment ago, to be copied. It is shown this once.

use leptos::{prelude::*, task::spawn_local};

use crate::{browser, model::ApiKey};

/// The id of the heading. It takes the keyboard focus when the key is there.
pub const HEADING: &str = "created-title";

/// The key, with a button that copies it.
#[component]
pub fn Created(key: ApiKey, created: RwSignal<Option<ApiKey>>) -> impl IntoView {
    let text = key.api_key.unwrap_or_default();
    let label = RwSignal::new("Copy");
    let copy = {
        let text = text.clone();
        move |_| {
            let text = text.clone();
            spawn_local(async move {
                label.try_set(if browser::copy(&text).await { "Copied" } else { "Not allowed here" });
            });
        }
    };
    let done = move |_| {
        created.set(None);
        request_animation_frame(browser::focus_heading_if_lost);
    };
    view! {
        <section class="card created" aria-labelledby=HEADING>
            <h2 id=HEADING tabindex="-1">
                "Your new key " <bdi>{key.name}</bdi>
            </h2>
            <p>"Copy it now, and keep it like a password. It is not shown again."</p>
            <p class="key">
                <code>{text}</code>
            </p>
            <div class="actions">
                <button type="button" class="quiet" on:click=done>
                    "Done"
                </button>
                <button type="button" class="button" on:click=copy>
                    <span aria-live="polite">{label}</span>
                </button>
            </div>
        </section>
    }
    .into_any()
}
