//! What somebody without the scope `admin` sees on an administrator's page.

use leptos::prelude::*;
use leptos_router::components::A;

/// Says why there is nothing to see, and leads back. The session goes on.
#[component]
pub fn NotAllowed() -> impl IntoView {
    view! {
        <section class="card not-allowed" aria-labelledby="not-allowed-title">
            <h2 id="not-allowed-title">"Not allowed"</h2>
            <p>"Only administrators may see this page. Your account does not have the scope " <code>"admin"</code> "."</p>
            <p class="hint">"If you were made an administrator a moment ago, log out and log in again."</p>
            <p>
                <A href="/account" attr:class="button">
                    "Back to your account"
                </A>
            </p>
        </section>
    }
}
