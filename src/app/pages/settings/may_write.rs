//! Whether the person may change the account, and what is said if not.

use leptos::prelude::*;

use crate::{
    app::{session::Session, who},
    model::ME_WRITE,
};

/// Whether the token lets its user change the account. Before the storage is read, and on the server, it is what most
/// users may.
pub fn may_write() -> Memo<bool> {
    let session = expect_context::<Session>();
    Memo::new(move |_| who::may(session, ME_WRITE))
}

/// Says why nothing can be changed.
#[component]
pub fn ReadOnly(
    /// What cannot be done: `change your password`.
    what: &'static str,
) -> impl IntoView {
    view! {
        <p class="read-only">
            "You cannot " {what} " here: your ticket does not have the scope " <code>"me:write"</code>
            ". Ask an administrator for it, and log in again."
        </p>
    }
}
