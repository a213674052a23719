//! API keys: what lets a program work for the person, without the password.

mod created;
mod list;
mod new_key;

use leptos::prelude::*;

use self::{created::Created, list::List, new_key::NewKey};
use super::may_write::{ReadOnly, may_write};
use crate::{
    app::{components::dialog::Dialog, latest::latest},
    browser,
    model::ApiKey,
};

/// Where the API has the keys.
const API: &str = "/users/me/api-keys";

/// The part "API keys".
#[component]
pub fn ApiKeys() -> impl IntoView {
    let keys = latest::<Vec<ApiKey>>(|| API.to_owned());
    let may_write = may_write();
    let (adding, is_changed) = (RwSignal::new(false), RwSignal::new(false));
    // The key that was made a moment ago. Its text is nowhere else.
    let created = RwSignal::new(None::<ApiKey>);
    let made = move |key: ApiKey| {
        created.set(Some(key));
        keys.refetch();
        // After the dialog has given the focus back to the button that opened it.
        request_animation_frame(|| request_animation_frame(|| browser::focus(created::HEADING)));
    };
    view! {
        <section class="card" aria-labelledby="part">
            <h2 id="part">"API keys"</h2>
            <p>
                "A key lets a program work for you. It opens what its scopes open, until it expires or you end it. \
                 It cannot log in, change your password or make keys."
            </p>
            <p class="hint">"The program sends it in the header " <code>"X-API-Key"</code> "."</p>
            <Show when=move || may_write.get() fallback=|| view! { <ReadOnly what="make or end keys" /> }>
                <div class="actions">
                    <button type="button" class="button" on:click=move |_| adding.set(true)>
                        "New key"
                    </button>
                </div>
            </Show>
        </section>
        {move || created.get().map(|key| view! { <Created key created /> })}
        <List keys created may_write />
        <Dialog open=adding title="New API key" is_changed>
            <NewKey open=adding is_changed made=Callback::new(made) />
        </Dialog>
    }
    .into_any()
}
