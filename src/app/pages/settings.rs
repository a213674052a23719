//! The settings. Each part has an address of its own.

mod api_keys;
mod appearance;
mod danger;
mod may_write;
mod password;
mod profile;
mod sessions;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use self::{
    api_keys::ApiKeys, appearance::Appearance, danger::Danger, password::Password, profile::Profile, sessions::Sessions,
};
use super::not_found::NotFound;
use crate::app::{components::tabs::Tabs, page_name};

/// The parts: the address and the name of each.
const PARTS: &[(&str, &str)] = &[
    ("/settings", "Profile"),
    ("/settings/password", "Password"),
    ("/settings/sessions", "Sessions"),
    ("/settings/api-keys", "API keys"),
    ("/settings/appearance", "Appearance"),
    ("/settings/danger", "Danger zone"),
];

/// The settings page.
#[component]
pub fn Settings() -> impl IntoView {
    let params = use_params_map();
    let part = Memo::new(move |_| params.with(|params| params.get("part").unwrap_or_default()));
    // The profile's address has no slash at its end.
    let known = Memo::new(move |_| {
        let address = part.with(|part| format!("/settings/{part}"));
        PARTS.iter().find(|(of, _)| *of == address.trim_end_matches('/')).copied()
    });
    page_name::name(move || match known.get() {
        Some((_, "Profile")) => "Settings".to_owned(),
        Some((_, name)) => format!("{name} · Settings"),
        None => "Page not found".to_owned(),
    });
    let shown = move || match &*part.get() {
        "password" => view! { <Password /> }.into_any(),
        "sessions" => view! { <Sessions /> }.into_any(),
        "api-keys" => view! { <ApiKeys /> }.into_any(),
        "appearance" => view! { <Appearance /> }.into_any(),
        "danger" => view! { <Danger /> }.into_any(),
        _ => view! { <Profile /> }.into_any(),
    };
    move || {
        if known.get().is_none() {
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
