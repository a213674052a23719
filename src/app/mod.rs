//! The UI: rendered on the server, then hydrated in the browser. It draws pages and calls the API that every client
//! calls. All decisions are the server's.
//!
//! The token is in the browser's storage, so the server does not know who looks at a page. It renders the same page for
//! everybody. After hydration the browser reads the storage, and then the page knows its user.

mod browser;
mod client;
mod components;
mod flow;
mod next;
mod pages;
mod session;

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    components::{Route, Router, Routes},
    path,
};

use self::{
    pages::{account::Account, login::Login, not_found::NotFound},
    session::Session,
};

/// Runs before the first paint. It hides the pages that do not fit the session, so that a wrong page never flashes up.
/// It also sets the Trusted Types policy. It must run before the WASM is loaded, so it is JavaScript.
const GATE: &str = include_str!("gate.js");

/// The HTML document around the [`App`], rendered on the server only. `version` changes whenever a file of the page
/// changes. So a browser may cache the files of one `version` for as long as it likes.
pub fn shell(options: LeptosOptions, version: &str) -> impl IntoView {
    let file = |ending: &str| format!("/{}/{}.{ending}?v={version}", options.site_pkg_dir, options.output_name);
    let (stylesheet, script, wasm) = (file("css"), file("js"), file("wasm"));
    // This replaces Leptos's own HydrationScripts, which cannot add a version.
    let start = format!(
        r#"import start, {{ hydrate }} from "{script}"; await start({{ module_or_path: "{wasm}" }}); hydrate();"#
    );
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
                <script nonce=use_nonce()>{GATE}</script>
                <link rel="stylesheet" id="leptos" href=stylesheet />
                <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
                <AutoReload options />
                <link rel="modulepreload" href=script />
                <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
                <script type="module" nonce=use_nonce()>
                    {start}
                </script>
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The pages, and the context that they share.
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
