//! The card with the user's items.

use leptos::prelude::*;

use crate::app::components::items::ItemList;

/// The card. Its list is the one of the page of items.
#[component]
pub fn Items(username: String) -> impl IntoView {
    view! {
        // The list is a region of its own.
        <div class="card user-items">
            <h2>"Items"</h2>
            <ItemList api=format!("/users/{username}/items") may_create=false />
        </div>
    }
    .into_any()
}
