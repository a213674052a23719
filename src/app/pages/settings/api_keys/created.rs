//! A key that was made a moment ago, to be copied. It is shown this once.

use leptos::{prelude::*, task::spawn_local};

use super::Fresh;
use crate::browser;

/// The id of the heading of the latest one. It takes the keyboard focus when the key is there.
pub const HEADING: &str = "created-title";

/// The key, with a button that copies it.
#[component]
pub fn Created(fresh: Fresh, created: RwSignal<Vec<Fresh>>, is_first: bool) -> impl IntoView {
    let Fresh { key, is_copied } = fresh;
    let heading = if is_first { HEADING.to_owned() } else { format!("{HEADING}-{}", key.key_id) };
    let text = key.api_key.unwrap_or_default();
    let said = RwSignal::new("");
    let copy = {
        let text = text.clone();
        move |_| {
            let (text, is_copied) = (text.clone(), is_copied.clone());
            spawn_local(async move {
                let copied = browser::copy(&text).await;
                is_copied.set(copied);
                said.try_set(if copied {
                    "Copied."
                } else {
                    "Your browser did not copy it. Select the key, and copy it."
                });
            });
        }
    };
    let done = move |_| {
        created.update(|all| all.retain(|other| other.key.key_id != key.key_id));
        request_animation_frame(browser::focus_heading_if_lost);
    };
    view! {
        <section class="card created" aria-labelledby=heading.clone()>
            <h2 id=heading.clone() tabindex="-1">
                "Your new key " <bdi>{key.name}</bdi>
            </h2>
            <p>"Copy it now, and keep it like a password. It is not shown again."</p>
            <p class="key">
                <code>{text}</code>
            </p>
            <p class="hint" role="status">
                {said}
            </p>
            <div class="actions">
                <button type="button" class="quiet" on:click=done>
                    "Done"
                </button>
                <button type="button" class="button" on:click=copy>
                    "Copy"
                </button>
            </div>
        </section>
    }
    .into_any()
}
