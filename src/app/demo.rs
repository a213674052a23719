//! How to log in to the demo. It is on the login page while the demo is on. Otherwise nothing of it is sent: only the
//! server renders it, outside of the app, with a style and a script of its own.

use leptos::{nonce::use_nonce, prelude::*};

use crate::files::without_comments;

/// The demo's users, each a username and a password.
#[derive(Clone, Copy, Debug)]
pub struct Demo {
    /// A user who can log in.
    pub enabled: (&'static str, &'static str),
    /// A user who cannot.
    pub disabled: (&'static str, &'static str),
}

/// Places the hint.
const STYLE: &str = include_str!("demo.css");

/// Fills the form in.
const SCRIPT: &str = include_str!("demo.js");

/// The hint.
#[component]
pub fn DemoHint(demo: Demo) -> impl IntoView {
    let Demo { enabled: (username, password), disabled } = demo;
    view! {
        <style nonce=use_nonce()>{STYLE}</style>
        <aside class="demo" aria-labelledby="demo">
            <h2 id="demo">"This is a demo"</h2>
            <p>"Log in as " <code>{username}</code> " with the password " <code>{password}</code> "."</p>
            <button type="button" class="small" data-username=username data-password=password>
                "Fill in"
            </button>
            <p>
                <code>{disabled.0}</code>
                " with "
                <code>{disabled.1}</code>
                " is disabled. Try it to see how that looks."
            </p>
        </aside>
        <script nonce=use_nonce()>{without_comments(SCRIPT)}</script>
    }
}
