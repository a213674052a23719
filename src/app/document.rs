//! The HTML document around a page. Only the server renders it.

use std::sync::Arc;

use futures::FutureExt;
use leptos::{either::Either, nonce::use_nonce, prelude::*};

use super::{
    components::mark::Brand,
    demo::DemoHint,
    facts::Facts,
    pages::NotFound,
    root::{App, view_of},
    table::{Audience, LOGIN, Page, full_title},
};
use crate::files::{Files, Style, without_comments};

/// Runs before the first paint. It hides the pages that do not fit the session, so that a wrong page never flashes up.
/// It also sets the Trusted Types policy. It must run before the WASM is loaded, so it is JavaScript.
const GATE: &str = include_str!("gate.js");

/// Runs after it on pages for who is signed in. It leads away from what a former user of this tab looked at.
const FORMER: &str = include_str!("former.js");

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
    /// What the UI knows of the server's settings.
    facts: Facts,
) -> impl IntoView {
    let title = full_title(page.map_or("Page not found", |page| page.title));
    let audience = page.map(|page| match page.audience {
        Audience::SignedIn => "signed-in",
        Audience::SignedOut => "signed-out",
    });
    let gate = match page {
        Some(page) if page.audience == Audience::SignedIn => without_comments(GATE) + &without_comments(FORMER),
        _ => without_comments(GATE),
    };
    let body = match page {
        Some(page) => {
            // On the server, no WASM has to be fetched.
            let view = view_of(page).now_or_never().and_then(Result::ok).flatten();
            view! { <App page view /> }.into_any()
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
    let Files { css, style: Style { everywhere, behind_the_login }, icon, is_watched, .. } = (*files).clone();
    // The login page and the 404 page are light. The others have forms of the pages behind the login, or are such pages.
    let is_light = page.is_none_or(|page| page.splits.is_empty());
    let style = if is_light { everywhere } else { everywhere + &behind_the_login };
    // A login needs the whole stylesheet: see src/browser/stylesheet.rs.
    let whole_style = (page.is_some() && is_light && !is_watched).then(|| css.clone());
    let min_length = page.map(|_| facts.password_min_length.to_string());
    let sign_up = page.map(|_| if facts.may_sign_up { "on" } else { "off" });
    let demo = facts.demo.filter(|_| page.is_some_and(|page| page.paths.contains(&LOGIN)));
    view! {
        <!DOCTYPE html>
        <html
            lang="en"
            data-audience=audience
            data-style=whole_style
            data-password-min-length=min_length
            data-sign-up=sign_up
        >
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f4f1ea" />
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#141816" />
                <meta name="description" content="Hand over your password once, get a token, collect your items." />
                <title>{title}</title>
                <script nonce=use_nonce()>{gate + &without_comments(PRESS)}</script>
                {if is_watched {
                    Either::Left(view! { <link rel="stylesheet" id="leptos" href=css /> })
                } else {
                    Either::Right(view! { <style nonce=use_nonce()>{style}</style> })
                }}
                <link rel="icon" type="image/svg+xml" href=icon />
                <AutoReload options />
                {page.map(|page| view! { <Scripts files page /> })}
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
                {demo.map(|demo| view! { <DemoHint demo /> })}
            </body>
        </html>
    }
}

/// The scripts of a page. All files that it needs are named at once, so that the browser fetches them at the same time.
#[component]
fn Scripts(files: Arc<Files>, page: &'static Page) -> impl IntoView {
    let splits = files.of_splits(page.splits);
    let Files { js, loader, wasm, import_map, .. } = (*files).clone();
    let wasms = std::iter::once(wasm.clone()).chain(splits);
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
