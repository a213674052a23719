//! A row of the list, with what can be done with its item.

use leptos::{prelude::*, task::spawn_local};

use super::shown::{Shown, item_path, name, quoted};
use crate::{
    app::{
        ask::{Ask, Question},
        client::{Client, Request},
        components::{
            list::{missing::Missing, place::LIST},
            problem::change_problem,
            toasts::Toasts,
        },
    },
    browser,
};

/// A row: on a phone it is a card. The roles are said, as a table that is laid out as cards is no table to a browser.
#[component]
pub fn Row(
    /// The item's id.
    id: String,
    /// What the list shows.
    shown: Shown,
    /// Whether the user may change the item.
    #[prop(into)]
    may_write: Signal<bool>,
    /// Edits the item with this id.
    edit: Callback<String>,
) -> impl IntoView {
    let deletion = Deletion { shown, client: Client::from_context(), ask: expect_context(), toasts: expect_context() };
    let item = {
        let id = id.clone();
        // An item that is being taken out of the list stays as it was.
        Memo::new(move |before: Option<&Option<_>>| shown.item(&id).or_else(|| before.cloned().flatten()))
    };
    let title = Memo::new(move |_| item.with(|item| item.as_ref().map(name)).unwrap_or_default());
    let description = move || match item.get().and_then(|item| item.description) {
        // Only who can open the dialog sees the rest of a long text there.
        Some(text) => view! {
            <div dir="auto" class:cut=may_write>
                {text}
            </div>
        }
        .into_any(),
        None => view! { <Missing /> }.into_any(),
    };
    let actions = {
        let id = id.clone();
        move || {
            let (edited, deleted) = (id.clone(), id.clone());
            view! {
                <td role="cell">
                    <div class="row-actions">
                        <button
                            type="button"
                            class="small"
                            id=format!("edit-{id}")
                            aria-label=move || format!("Edit {}", quoted(&title.get()))
                            on:click=move |_| edit.run(edited.clone())
                        >
                            "Edit"
                        </button>
                        <button
                            type="button"
                            class="small danger-text"
                            id=delete_button(&id)
                            aria-label=move || format!("Delete {}", quoted(&title.get()))
                            on:click=move |_| deletion.begin(deleted.clone(), title.get_untracked())
                        >
                            "Delete"
                        </button>
                    </div>
                </td>
            }
        }
    };
    view! {
        <tr role="row">
            <td role="cell" class="item-title">
                <strong dir="auto">{title}</strong>
            </td>
            <td role="cell" class="item-text">
                {description}
            </td>
            <td role="cell" class="item-id">
                <code class="tag">{id}</code>
            </td>
            {move || may_write.get().then(&actions)}
        </tr>
    }
    .into_any()
}

fn delete_button(id: &str) -> String {
    format!("delete-{id}")
}

/// What a deletion needs. It goes on when its row is gone.
#[derive(Clone, Copy)]
struct Deletion {
    shown: Shown,
    client: Client,
    ask: Ask,
    toasts: Toasts,
}

impl Deletion {
    /// Asks, and deletes. The row is gone at once, and comes back if the server refuses.
    fn begin(self, id: String, name: String) {
        let name = quoted(&name);
        let question = Question {
            title: format!("Delete {name}?"),
            text: "It is gone for good then.".to_owned(),
            yes: "Delete",
            no: "Cancel",
            word: None,
        };
        spawn_local(async move {
            if !self.ask.ask(question).await {
                return;
            }
            let next = self.shown.neighbour(&id).map_or_else(|| LIST.to_owned(), |next| delete_button(&next));
            self.shown.hide(&id);
            // After the question has given the keyboard focus back to the button, and the button is gone.
            request_animation_frame(move || browser::focus(&next));
            match self.client.send::<()>(Request::delete(item_path(&id))).await {
                // Somebody else deleted it: that is what was wanted.
                Err(refusal) if refusal.status != 404 => {
                    self.shown.put_back(&id);
                    self.toasts.failed(format!("{name} was not deleted. {}", change_problem(&refusal)));
                }
                _ => {
                    self.toasts.done(format!("{name} was deleted."));
                    // The next item fills the page.
                    self.shown.refetch();
                }
            }
        });
    }
}
