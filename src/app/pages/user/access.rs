//! The card with what the user may do: the scopes, and whether the account is disabled.

use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_navigate;

use super::{
    draft::{Draft, LOOK_AGAIN, Part},
    shown::{Shown, scopes_of},
};
use crate::{
    app::{
        ask::{Ask, Question},
        components::{
            conflict::Conflict, fields::FormFrame, problem::change_problem, scope_choices::ScopeChoices, toasts::Toasts,
        },
        form::Form,
        session::Session,
        table::HOME,
        who,
    },
    model::{Scopes, UserUpdate},
};

/// The card.
#[component]
pub fn Access(shown: Shown) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="access-title">
            <h2 id="access-title" tabindex="-1">
                "Access"
            </h2>
            <ScopesForm shown />
            <hr />
            {if shown.is_own { own_state().into_any() } else { view! { <Disabling shown /> }.into_any() }}
        </section>
    }
    .into_any()
}

/// An administrator does not disable the own account: GitHub, Google Workspace and Django's admin do not offer it
/// either. It would end the session at once, and only somebody else could take it back.
fn own_state() -> impl IntoView {
    view! {
        <p class="hint">
            "This is you. You cannot disable your own account: you could not undo it. Another administrator can."
        </p>
    }
}

/// The scopes. An administrator may give up the own ones, also `admin`: that hands the work over to somebody else. The
/// last administrator cannot, says the server.
#[component]
fn ScopesForm(shown: Shown) -> impl IntoView {
    let (ask, toasts) = (expect_context::<Ask>(), expect_context::<Toasts>());
    let session = expect_context::<Session>();
    let navigate = use_navigate();
    let form = Form::new("access");
    let scopes = form.field("scopes", "", |_| None);
    let parts = [Part { label: "Scopes", field: scopes, of: |account| scopes_of(account).to_string() }];
    let draft = Draft::new(shown, form, "access-title", parts);

    let save = Action::new_local(move |scopes: &Scopes| {
        let scopes = *scopes;
        let update = UserUpdate { scopes: Some(scopes), ..UserUpdate::default() };
        async move { shown.change(update).await.map(|()| scopes) }
    });
    Effect::new(move || match save.value().get() {
        Some(Ok(scopes)) if shown.is_own => {
            draft.done();
            let is_more = !untrack(|| who::scopes(session)).contains(scopes);
            session.narrow(scopes);
            if !scopes.is_administrators() {
                toasts.done("Saved. You are not an administrator any more.");
                navigate(HOME, leptos_router::NavigateOptions::default());
            } else if is_more {
                toasts.done("Saved. What you added opens when you log in again.");
            } else {
                toasts.done("Saved.");
            }
        }
        Some(Ok(_)) => {
            draft.done();
            toasts.done("Saved. It holds on the user’s very next request.");
        }
        Some(Err(refusal)) => draft.refuse(&refusal),
        None => {}
    });
    let submit = move || {
        let chosen = scopes.text.with_untracked(|text| Scopes::parse_granted(text));
        if !shown.is_own || chosen.is_administrators() {
            save.dispatch_local(chosen);
            return;
        }
        spawn_local(async move {
            // The page may have been left meanwhile.
            if ask.ask(giving_up()).await && scopes.text.try_get_untracked().is_some() {
                save.dispatch_local(chosen);
            }
        });
    };
    view! {
        <Conflict
            form
            fields=draft.fields()
            is_outdated=draft.is_outdated
            busy=save.pending()
            save=submit
            taken=move || draft.done()
        />
        <FormFrame form label="Save" busy_label="Saving…" busy=save.pending() only_if_changed=true submit>
            <ScopeChoices field=scopes />
        </FormFrame>
    }
    .into_any()
}

/// The question before an administrator gives up being one.
fn giving_up() -> Question {
    Question {
        title: "Give up being an administrator?".to_owned(),
        text: "This is your own account. Without the scope admin you cannot open this page or manage users any more. \
               Only another administrator can give it back to you."
            .to_owned(),
        yes: "Give it up",
        no: "Cancel",
        word: None,
    }
}

/// The button that disables or enables the account.
#[component]
fn Disabling(shown: Shown) -> impl IntoView {
    let (ask, toasts) = (expect_context::<Ask>(), expect_context::<Toasts>());
    let problem = RwSignal::new(None::<String>);
    let is_disabled = Memo::new(move |_| shown.account().disabled);
    let save = Action::new_local(move |disabled: &bool| {
        let disabled = *disabled;
        let update = UserUpdate { disabled: Some(disabled), ..UserUpdate::default() };
        async move { shown.change(update).await.map(|()| disabled) }
    });
    Effect::new(move || match save.value().get() {
        Some(Ok(disabled)) => {
            toasts.done(format!("{} the user {}.", if disabled { "Disabled" } else { "Enabled" }, shown.username()));
        }
        Some(Err(refusal)) if refusal.status == 412 => problem.set(Some(LOOK_AGAIN.to_owned())),
        Some(Err(refusal)) => problem.set(Some(change_problem(&refusal))),
        None => {}
    });
    let press = move |_| {
        if save.pending().get_untracked() {
            return;
        }
        problem.set(None);
        let disable = !is_disabled.get_untracked();
        spawn_local(async move {
            if ask.ask(question(&shown, disable)).await && problem.try_get_untracked().is_some() {
                save.dispatch_local(disable);
            }
        });
    };
    view! {
        <div class="disabling">
            <p class="hint">
                {move || {
                    if is_disabled.get() {
                        "This account is disabled: nobody can log in with it, and its tokens are refused."
                    } else {
                        "Disabling holds on the user’s very next request. Nothing is deleted."
                    }
                }}
            </p>
            <button type="button" class="quiet" aria-busy=move || save.pending().get().to_string() on:click=press>
                {move || if is_disabled.get() { "Enable" } else { "Disable" }}
            </button>
            <div class="alert" role="alert">
                {move || problem.get().map(|problem| view! { <p class="problem">{problem}</p> })}
            </div>
        </div>
    }
    .into_any()
}

/// The question before an account is disabled or enabled.
fn question(shown: &Shown, disable: bool) -> Question {
    let username = shown.username();
    let (title, text, yes) = if disable {
        (
            format!("Disable {username}?"),
            "The user’s very next request is refused, and nobody can log in with this account. Nothing is deleted, and \
             you can enable it again.",
            "Disable",
        )
    } else {
        (format!("Enable {username}?"), "The user can log in again. Sessions that have not expired go on.", "Enable")
    };
    Question { title, text: text.to_owned(), yes, no: "Cancel", word: None }
}
