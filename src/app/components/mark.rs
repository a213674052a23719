//! The brand: a hanger with a ticket on it.

use leptos::prelude::*;

/// The mark. `public/favicon.svg` is a plainer drawing of it, in a colour for light and dark.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" fill="none" stroke="currentColor" aria-hidden="true">
            <path d="M12.6 8.4a3.4 3.4 0 1 1 5.1 2.9c-1 .6-1.7 1.3-1.7 2.5v.7" />
            <path d="M16 14.5 4.4 21.2c-1.7 1-1 3.6 1 3.6h21.2c2 0 2.7-2.6 1-3.6z" />
            <path d="M16 18.6v3" stroke-dasharray="1.2 1.4" />
        </svg>
    }
}

/// The mark and the name, for the top of a page.
#[component]
pub fn Brand() -> impl IntoView {
    view! {
        <a class="brand" href="/">
            <Mark />
            <span>"Cloakroom"</span>
        </a>
    }
}
