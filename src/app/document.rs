//! The HTML document around a page. Only the server renders it.

use std::sync::Arc;

use leptos::{either::Either, nonce::use_nonce, prelude::*};

use super::{
    components::mark::Brand,
    pages::NotFound,
    root::App,
    signed_in,
    table::{Audience, Page, full_title},
};
use crate::files::{Files, without_comments};

/// Runs before the first paint. It hides the pages that do not fit the session, so that a wrong page never flashes up.
/// It also sets the Trusted Types policy. It must run before the WASM is loaded, so it is JavaScript.
const GATE: &str = include_str!("gate.js");

/// Keeps a form that is sent before the WASM is there.
const PRESS: &str = include_str!("press.js");

/// Loads the WASM, and says so if it does not come.
const START: &str = include_str!("start.js");

/// The document. Without a page it is the 404 page, which needs no WASM.
#[component]
pub fn Document(
    /// The page.
    page: Option<&'static Page>,
    /// The settings.
    options: LeptosOptions,
    /// The UI's files.
    files: Arc<Files>,
) -> impl IntoView {
    let title = full_title(page.map_or("Page not found", |page| page.title));
    let signed_in = page.is_some_and(|page| page.audience == Audience::SignedIn);
    let audience = page.map(|page| match page.audience {
        Audience::SignedIn => "signed-in",
        Audience::SignedOut => "signed-out",
    });
    let body = match page {
        Some(page) => {
            let signed_in = signed_in.then_some(signed_in::signed_in as signed_in::View);
            view! { <App page signed_in /> }.into_any()
        }
        None => view! {
            <header class="top">
                <Brand />
            </header>
            <main id="main" tabindex="-1">
                <NotFound />
            </main>
        }
        .into_any(),
    };
    let Files { css, style, icon, is_watched, .. } = (*files).clone();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-audience=audience>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f4f1ea" />
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#141816" />
                <meta name="description" content="Hand over your password once, get a token, collect your items." />
                <title>{title}</title>
                <script nonce=use_nonce()>{without_comments(GATE) + &without_comments(PRESS)}</script>
                {if is_watched {
                    Either::Left(view! { <link rel="stylesheet" id="leptos" href=css /> })
                } else {
                    Either::Right(view! { <style nonce=use_nonce()>{style}</style> })
                }}
                <link rel="icon" type="image/svg+xml" href=icon />
                <AutoReload options />
                {page.map(|_| view! { <Scripts files signed_in /> })}
            </head>
            <body>
                <noscript>
                    <p class="problem">"Cloakroom needs JavaScript and WebAssembly. Please switch them on."</p>
                </noscript>
                <a class="skip" href="#main" rel="external">
                    "Skip to the content"
                </a>
                <div id="load-problem" class="problem" role="alert" hidden>
                    <p>"This page did not load completely. Check your connection and try again."</p>
                    <button type="button" class="quiet">
                        "Retry"
                    </button>
                </div>
                <div id="app">{body}</div>
            </body>
        </html>
    }
}

/// The scripts of a page. All files are named at once, so that the browser fetches them at the same time.
#[component]
fn Scripts(files: Arc<Files>, signed_in: bool) -> impl IntoView {
    let Files { js, loader, wasm, split_off, import_map, .. } = (*files).clone();
    let wasms = std::iter::once(wasm.clone()).chain(split_off.into_iter().filter(|_| signed_in));
    let start = without_comments(START).replace("JS_FILE", &js).replace("WASM_FILE", &wasm);
    view! {
        <script type="importmap" nonce=use_nonce()>
            {import_map}
        </script>
        <link rel="modulepreload" href=js />
        <link rel="modulepreload" href=loader />
        {wasms
            .map(|wasm| {
                view! { <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" /> }
            })
            .collect_view()}
        <script type="module" nonce=use_nonce()>
            {start}
        </script>
    }
}
