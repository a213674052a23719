//! What is in the dialog that makes an item or changes one.

use leptos::{prelude::*, task::spawn_local};

use super::{
    form::{ItemForm, Outcome},
    shown::{Shown, item_path},
};
use crate::{
    app::{
        client::{Client, Reply, Request},
        components::problem::LoadProblem,
    },
    error::ApiError,
    model::Item,
};

/// The content of the dialog.
#[component]
pub fn Editor(
    /// The id of the item to change; `None` for a new one.
    id: Option<String>,
    /// What the list shows.
    shown: Shown,
    /// Whether the dialog is open.
    is_open: RwSignal<bool>,
    /// Whether closing the dialog would lose something.
    is_changed: RwSignal<bool>,
    /// What follows when an item was made.
    created: Callback<Item>,
) -> impl IntoView {
    let outcome = Outcome { shown, is_open, is_changed, created };
    match id {
        Some(id) => view! { <Existing id outcome /> }.into_any(),
        None => view! { <ItemForm outcome /> }.into_any(),
    }
}

/// Reads the item as it is now, with its version.
#[component]
fn Existing(id: String, outcome: Outcome) -> impl IntoView {
    let client = Client::from_context();
    let found = RwSignal::new(None::<Result<Reply<Item>, ApiError>>);
    let path = item_path(&id);
    let load = move || {
        let (path, id) = (path.clone(), id.clone());
        found.set(None);
        spawn_local(async move {
            let answer = client.send::<Item>(Request::get(path)).await;
            if answer.as_ref().is_err_and(|refusal| refusal.status == 404) {
                outcome.deleted_elsewhere(&id);
            }
            // The dialog may be closed.
            found.try_set(Some(answer));
        });
    };
    load();
    move || match found.get() {
        Some(Ok(found)) => view! { <ItemForm found outcome /> }.into_any(),
        Some(Err(refusal)) if refusal.status == 404 => view! {
            <p class="problem" role="alert">
                "This item was deleted elsewhere."
            </p>
            <div class="actions">
                <button type="button" class="quiet" on:click=move |_| outcome.is_open.set(false)>
                    "Back to the list"
                </button>
            </div>
        }
        .into_any(),
        Some(Err(refusal)) if refusal.status != 401 => {
            let load = load.clone();
            view! { <LoadProblem what="The item" refusal retry=load /> }.into_any()
        }
        _ => view! {
            <div class="skeleton item-form-skeleton" role="status" aria-label="The item: loading">
                <span></span>
                <span></span>
                <span></span>
            </div>
        }
        .into_any(),
    }
}
