//! The card that deletes the user.

use leptos::{prelude::*, task::spawn_local};
use leptos_router::{components::A, hooks::use_navigate};

use super::{draft::LOOK_AGAIN, shown::Shown};
use crate::app::{
    ask::{Ask, Question},
    components::{problem::change_problem, toasts::Toasts},
    unsaved::Unsaved,
};

/// The card. The own account is deleted in the settings, where the page says what that means for oneself.
#[component]
pub fn DangerZone(shown: Shown) -> impl IntoView {
    let content = if shown.is_own {
        view! {
            <p>
                "This is you. You can delete your own account in the " <A href="/settings">"settings"</A> "."
            </p>
        }
        .into_any()
    } else {
        view! { <Deleting shown /> }.into_any()
    };
    view! {
        <section class="card danger-zone" aria-labelledby="danger-title">
            <h2 id="danger-title">"Danger zone"</h2>
            {content}
        </section>
    }
    .into_any()
}

#[component]
fn Deleting(shown: Shown) -> impl IntoView {
    let (ask, toasts, unsaved) = (expect_context::<Ask>(), expect_context::<Toasts>(), expect_context::<Unsaved>());
    let navigate = use_navigate();
    let problem = RwSignal::new(None::<String>);
    let delete = Action::new_local(move |(): &()| shown.delete());
    Effect::new(move || match delete.value().get() {
        Some(Ok(())) => {
            unsaved.forget();
            toasts.done(format!("Deleted the user {}.", shown.username()));
            navigate("/admin", leptos_router::NavigateOptions::default());
        }
        Some(Err(refusal)) if refusal.status == 412 => problem.set(Some(LOOK_AGAIN.to_owned())),
        Some(Err(refusal)) => problem.set(Some(change_problem(&refusal))),
        None => {}
    });
    let press = move |_| {
        if delete.pending().get_untracked() {
            return;
        }
        problem.set(None);
        let username = shown.username();
        let question = Question {
            title: format!("Delete {username}?"),
            text: "The account and all its items are deleted. This cannot be undone.".to_owned(),
            yes: "Delete",
            no: "Cancel",
            word: Some(username),
        };
        spawn_local(async move {
            if ask.ask(question).await && problem.try_get_untracked().is_some() {
                delete.dispatch_local(());
            }
        });
    };
    view! {
        <p>"Deleting removes the account and all its items. It cannot be undone."</p>
        <p>
            <button
                type="button"
                class="quiet danger"
                aria-busy=move || delete.pending().get().to_string()
                on:click=press
            >
                "Delete this user"
            </button>
        </p>
        <div class="alert" role="alert">
            {move || problem.get().map(|problem| view! { <p class="problem">{problem}</p> })}
        </div>
    }
    .into_any()
}
