//! Small drawings for the menu. They say nothing that the text beside them does not say.

use leptos::prelude::*;

/// The drawing of a page in the menu.
pub fn icon(title: &str) -> impl IntoView + use<> {
    let path = match title {
        // A ticket.
        "Account" => "M3 7h18v3a2 2 0 0 0 0 4v3H3v-3a2 2 0 0 0 0-4zM9 7v2m0 3v1m0 3v1",
        // A hanger.
        "Items" => {
            "M9.5 6.5a2.5 2.5 0 1 1 3.7 2.2c-.7.4-1.2.9-1.2 1.8m0 0L3.4 15.6c-1.2.8-.7 2.4.8 2.4h15.6c1.5 0 2-1.6.8-2.4z"
        }
        // Two people.
        "Users" => {
            "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7m-6.5 9c0-4 2.7-6 6.5-6s6.5 2 6.5 6M16 4.5a3.5 3.5 0 0 1 0 6M18 14.5c2.3.8 3.5 2.7 3.5 5.5"
        }
        // Sliders.
        _ => "M4 7h9m4 0h3M4 17h3m4 0h9M15 5v4M9 15v4",
    };
    view! {
        <svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" aria-hidden="true">
            <path d=path />
        </svg>
    }
}
