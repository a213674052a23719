//! The UI: server-rendered, then hydrated. It draws and calls; what is so is decided by the server, through the same
//! API that everyone calls.
//!
//! The server does not know who looks at a page, as the token is in the browser's storage. So it renders what is the
//! same for all, the browser reads the storage once it is hydrated, and only then does a page know whose it is.

mod browser;
mod client;
mod components;
mod flow;
mod next;
mod pages;
mod session;

use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    components::{Route, Router, Routes},
    path,
};

use self::{
    pages::{account::Account, login::Login, not_found::NotFound},
    session::Session,
};

/// Decides before the first paint which of the two kinds of page may be seen, so that none flashes up that is not
/// theirs. It has to run before the WASM is there, hence JavaScript.
const GATE: &str = include_str!("gate.js");

/// The HTML document around the [`App`]: rendered on the server only.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let stylesheet = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f4f1ea" />
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#141816" />
                <meta name="description" content="Hand over your password once, get a token, collect your items." />
                <script>{GATE}</script>
                <link rel="stylesheet" id="leptos" href=stylesheet />
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                <AutoReload options=options.clone() />
                <HydrationScripts options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The pages, and what they share.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_context(Session::new());
    view! {
        <Title formatter=|title| format!("{title} · Cloakroom") />
        <Router>
            <noscript>
                <p class="problem">"Cloakroom needs JavaScript and WebAssembly. Please switch them on."</p>
            </noscript>
            <a class="skip" href="#main" rel="external">
                "Skip to the content"
            </a>
            <Routes fallback=NotFound>
                <Route path=path!("/") view=Account />
                <Route path=path!("/account") view=Account />
                <Route path=path!("/login") view=Login />
            </Routes>
        </Router>
    }
}
