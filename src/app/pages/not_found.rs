//! The page for unknown addresses.

use leptos::prelude::*;

/// What the 404 page says.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <div class="narrow">
            <p class="eyebrow">"404"</p>
            <h1>"Nothing hangs here"</h1>
            <p>"There is no page at this address. It may have been moved, or the link has a typo."</p>
            <p>
                <a class="button" href="/">
                    "Back to the counter"
                </a>
            </p>
        </div>
    }
}
