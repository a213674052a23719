//! What those who are signed in see: an ordinary Leptos app with a router. It is a WASM of its own, which the browser
//! fetches while the person types, so the login page stays light.

use leptos::{prelude::*, wasm_split::SplitLoaderError};
use leptos_router::{components::Router, hooks::use_location};

use super::{
    components::menu::Menu,
    pages::SignedInRoutes,
    table::{find, full_title},
};
use crate::browser;

/// Draws the pages.
pub type View = fn() -> AnyView;

/// Fetches the WASM, if that was not done yet, and returns what draws the pages. The main WASM calls nothing else of
/// this file. So `cargo leptos --split` puts everything else into the second WASM.
///
/// # Errors
/// The WASM could not be fetched. A later call tries again.
#[leptos::wasm_split::wasm_split(signed_in, wasm_split_path = ::leptos::wasm_split, fallible)]
pub fn load_view() -> Result<View, SplitLoaderError> {
    Ok(signed_in)
}

/// The pages for those who are signed in, within the frame that they share. `gate.js` and the stylesheet hide the frame
/// while nobody is signed in.
pub fn signed_in() -> AnyView {
    view! {
        <Router>
            <Title />
            <Menu />
            <main id="main" tabindex="-1" class="needs-session">
                <SignedInRoutes />
            </main>
        </Router>
    }
    .into_any()
}

/// Keeps the title. After a change of page it gives the keyboard focus to the heading, as a browser begins anew when it
/// loads a page.
#[component]
fn Title() -> impl IntoView {
    let path = use_location().pathname;
    Effect::new(move |before: Option<()>| {
        let title = path.with(|path| find(path)).map_or("Page not found", |page| page.title);
        document().set_title(&full_title(title));
        if before.is_some() {
            request_animation_frame(browser::focus_heading);
        }
    });
}
