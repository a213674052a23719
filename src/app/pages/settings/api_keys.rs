//! API keys: what lets a program work for the person, without the password.

mod created;
mod list;
mod new_key;

use leptos::prelude::*;

use self::{created::Created, list::List, new_key::NewKey};
use super::may_write::{ReadOnly, may_write};
use crate::{
    app::{
        client::{Client, Request},
        components::dialog::Dialog,
        latest::latest,
        unsaved::Unsaved,
    },
    browser,
    model::{ApiKey, ApiKeyCreate},
};

/// Where the API has the keys.
const API: &str = "/users/me/api-keys";

/// A key that was made a moment ago. Its text is nowhere else.
#[derive(Clone)]
struct Fresh {
    key: ApiKey,
    /// It belongs to no view: the list of these keys is drawn anew for each further one.
    is_copied: ArcRwSignal<bool>,
}

/// The part "API keys".
#[component]
pub fn ApiKeys() -> impl IntoView {
    let client = Client::from_context();
    let keys = latest::<Vec<ApiKey>>(|| API.to_owned());
    let may_write = may_write();
    let (adding, is_changed) = (RwSignal::new(false), RwSignal::new(false));
    let created = RwSignal::new(Vec::<Fresh>::new());
    if let Some(unsaved) = use_context::<Unsaved>() {
        // Who leaves now loses the key.
        let is_lost = move || created.try_with(|all| all.iter().any(|fresh| !fresh.is_copied.get()));
        unsaved.watch(Signal::derive(move || is_lost().unwrap_or_default()));
    }
    // It goes on if the dialog is closed meanwhile: the key exists then, and has to be shown.
    let create = Action::new_local(move |body: &ApiKeyCreate| {
        let request = Request::post(API, body);
        async move { client.send::<ApiKey>(request).await.map(|created| created.value) }
    });
    Effect::new(move || match create.value().get() {
        Some(Ok(key)) => {
            created.update(|all| all.insert(0, Fresh { key, is_copied: ArcRwSignal::new(false) }));
            adding.set(false);
            keys.refetch();
            // After the dialog has given the focus back to the button that opened it.
            request_animation_frame(|| request_animation_frame(|| browser::focus(created::HEADING)));
        }
        // Without an answer, the key may have been made.
        Some(Err(_)) => keys.refetch(),
        None => {}
    });
    let open = move |_| {
        // The answer that is on its way would close the dialog, and what is typed into it would be lost.
        if !create.pending().get_untracked() {
            create.clear();
            adding.set(true);
        }
    };
    let cards = move || {
        let all = created.get().into_iter().enumerate();
        all.map(|(position, fresh)| view! { <Created fresh created is_first=position == 0 /> }).collect_view()
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
                    <button
                        type="button"
                        class="button"
                        aria-busy=move || create.pending().get().to_string()
                        on:click=open
                    >
                        "New key"
                    </button>
                </div>
            </Show>
        </section>
        {cards}
        <List keys created may_write />
        <Dialog open=adding title="New API key" is_changed>
            <NewKey create is_changed />
        </Dialog>
    }
    .into_any()
}
