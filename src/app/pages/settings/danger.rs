//! The end of the account.

use leptos::{prelude::*, task::spawn_local};

use super::may_write::{ReadOnly, may_write};
use crate::app::{
    ask::{Ask, Question},
    client::{Client, Request},
    components::problem::change_problem,
    me::ME,
    session::{Notice, Session},
    unsaved::Unsaved,
    who,
};

/// The part "Danger zone".
#[component]
pub fn Danger() -> impl IntoView {
    let may_write = may_write();
    view! {
        <section class="card danger-zone" aria-labelledby="part">
            <h2 id="part">"Delete your account"</h2>
            <p>
                "Your profile, all your items and your way in are deleted at once. Nobody can bring them back. Your username is free then: somebody else may take it."
            </p>
            {move || match may_write.get() {
                true => view! { <DeleteButton /> }.into_any(),
                false => view! { <ReadOnly what="delete your account" /> }.into_any(),
            }}
        </section>
    }
    .into_any()
}

#[component]
fn DeleteButton() -> impl IntoView {
    let client = Client::from_context();
    let session = expect_context::<Session>();
    let (ask, unsaved) = (expect_context::<Ask>(), expect_context::<Unsaved>());
    let busy = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let delete = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        problem.set(None);
        let username = untrack(|| session.token()).map(|token| who::username(&token)).unwrap_or_default();
        spawn_local(async move {
            if ask.ask(question(username)).await {
                match client.send::<()>(Request::delete(ME)).await {
                    Ok(_) => {
                        unsaved.forget();
                        session.end(Notice::Deleted);
                    }
                    Err(refusal) => drop(problem.try_set(Some(change_problem(&refusal)))),
                }
            }
            busy.try_set(false);
        });
    };
    view! {
        <div class="alert" role="alert">
            {move || problem.get().map(|problem| view! { <p class="problem">{problem}</p> })}
        </div>
        // It stays enabled: it has the keyboard focus again when the dialogs are closed.
        <div class="actions">
            <button type="button" class="quiet danger" aria-busy=move || busy.get().to_string() on:click=delete>
                "Delete my account…"
            </button>
        </div>
    }
    .into_any()
}

fn question(username: String) -> Question {
    Question {
        title: "Delete your account?".to_owned(),
        text: "Your profile and all your items are lost for good. Nobody can bring them back.".to_owned(),
        yes: "Delete my account",
        no: "Keep my account",
        word: Some(username),
    }
}
