//! The page for unknown addresses.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::app::components::mark::Brand;

/// The 404 page.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <Title text="Page not found" />
        <header class="top">
            <Brand />
        </header>
        <main id="main" tabindex="-1" class="narrow">
            <p class="eyebrow">"404"</p>
            <h1>"Nothing hangs here"</h1>
            <p>"There is no page at this address. It may have been moved, or the link has a typo."</p>
            <p>
                <a class="button" href="/">
                    "Back to the counter"
                </a>
            </p>
        </main>
    }
}
