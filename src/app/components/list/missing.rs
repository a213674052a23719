//! A cell of a table without a value.

use leptos::prelude::*;

/// A dash; a word for screen readers. The cell stays: without it, the cells after it would stand below the wrong headings.
#[component]
pub fn Missing() -> impl IntoView {
    view! {
        <span class="hint" aria-hidden="true">
            "–"
        </span>
        <span class="unseen">"none"</span>
    }
    .into_any()
}
