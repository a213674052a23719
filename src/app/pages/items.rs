//! The page of the user's items.

use leptos::prelude::*;

use crate::app::components::items::ItemList;

/// The page.
#[component]
pub fn Items() -> impl IntoView {
    view! {
        <div class="page">
            <h1>"Items"</h1>
            <ItemList api="/items".to_owned() may_create=true />
        </div>
    }
    .into_any()
}
