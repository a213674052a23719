//! The settings. Each part has an address of its own.

mod appearance;
mod danger;
mod may_write;
mod password;
mod profile;
mod sessions;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use self::{appearance::Appearance, danger::Danger, password::Password, profile::Profile, sessions::Sessions};
use super::not_found::NotFound;
use crate::app::{components::tabs::Tabs, page_name};

/// The parts: the address and the name of each.
const PARTS: &[(&str, &str)] = &[
    ("/settings", "Profile"),
    ("/settings/password", "Password"),
    ("/settings/sessions", "Sessions"),
    ("/settings/appearance", "Appearance"),
    ("/settings/danger", "Danger zone"),
];

/// The settings page.
#[component]
pub fn Settings() -> impl IntoView {
    let params = use_params_map();
    let part = Memo::new(move |_| params.with(|params| params.get("part").unwrap_or_default()));
    let is_known =
        Memo::new(move |_| part.with(|part| matches!(&**part, "" | "password" | "sessions" | "appearance" | "danger")));
    page_name::name(move || {
        // The profile's address has no slash at its end: it is not found here, and keeps the plain title.
        let address = format!("/settings/{}", part.get());
        match PARTS.iter().find(|(of, _)| *of == address) {
            Some((_, name)) => format!("{name} · Settings"),
            None if is_known.get() => "Settings".to_owned(),
            None => "Page not found".to_owned(),
        }
    });
    let shown = move || match &*part.get() {
        "password" => view! { <Password /> }.into_any(),
        "sessions" => view! { <Sessions /> }.into_any(),
        "appearance" => view! { <Appearance /> }.into_any(),
        "danger" => view! { <Danger /> }.into_any(),
        _ => view! { <Profile /> }.into_any(),
    };
    move || {
        if !is_known.get() {
            return view! { <NotFound /> }.into_any();
        }
        view! {
            <div class="page settings">
                <h1>"Settings"</h1>
                <Tabs label="Settings" parts=PARTS />
                {shown}
            </div>
        }
        .into_any()
    }
}
