//! The card with the user's sessions.

use leptos::prelude::*;

use crate::app::components::sessions::SessionList;

/// The card.
#[component]
pub fn Sessions(username: String) -> impl IntoView {
    let api = format!("/users/{username}/sessions");
    view! { <SessionList api username=Some(username) may_end=Signal::stored(true) /> }
}
