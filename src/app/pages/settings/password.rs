//! A new password. It ends every session of the user, so this one goes on with a new token.

use leptos::{prelude::*, task::spawn_local};

use super::may_write::{ReadOnly, may_write};
use crate::{
    app::{
        client::{Client, Request},
        components::{
            fields::{FormFrame, PasswordField},
            problem::login_problem,
            toasts::Toasts,
        },
        form::Form,
        log_in_again::log_in_again,
        me::Me,
        new_password,
        renewal::Renewal,
        session::Session,
        step_up::StepUp,
        who,
    },
    error::ApiError,
    model::{BrokenRule, UpdatePassword},
};

/// The part "Password".
#[component]
pub fn Password() -> impl IntoView {
    let may_write = may_write();
    view! {
        <section class="card" aria-labelledby="part">
            <h2 id="part">"Password"</h2>
            {move || match may_write.get() {
                true => view! { <Change /> }.into_any(),
                false => view! { <ReadOnly what="change your password" /> }.into_any(),
            }}
        </section>
    }
    .into_any()
}

/// What came of a press of the button.
#[derive(Clone)]
enum Outcome {
    /// The server refused the change.
    Refused(ApiError),
    /// The password is changed, but the login after it failed.
    NotSignedIn(ApiError),
    /// The password is changed, and the session goes on.
    Done,
}

#[component]
fn Change() -> impl IntoView {
    let session = expect_context::<Session>();
    let username = Memo::new(move |_| session.token().map(|token| who::username(&token)).unwrap_or_default());
    let (client, toasts, step_up) = (Client::from_context(), expect_context::<Toasts>(), expect_context::<StepUp>());
    let renewal = expect_context::<Renewal>();
    let Me(me) = expect_context();
    let email = Memo::new(move |_| match me.get() {
        Some(Ok(user)) => user.email.unwrap_or_default(),
        Some(Err(_)) | None => String::new(),
    });

    let form = Form::new("new-password");
    let current = form.field("current_password", "", |text| {
        let sentence = "Type the password that you have";
        text.is_empty().then(|| BrokenRule::too_short("current_password", sentence))
    });
    let new = new_password::replacing(form, "new_password", current, username.into(), email.into());
    let repeat = new_password::repeat(form, new);

    let change = Action::new_local(move |update: &UpdatePassword| {
        change(client, session, renewal, toasts, step_up, username.get_untracked(), update.clone())
    });
    let outcome = change.value();
    Effect::new(move || match outcome.get() {
        Some(Outcome::Refused(refusal)) => untrack(|| form.refuse(&refusal)),
        // What was typed is the password now, or was it.
        Some(Outcome::NotSignedIn(_) | Outcome::Done) => untrack(|| form.reset()),
        None => {}
    });
    let submit = move || {
        let username = username.get_untracked();
        let email = email.get_untracked();
        let email = Some(&*email).filter(|email| !email.is_empty());
        if let Some(new_password) = new_password::read(new, &username, email) {
            let current_password = current.text.get_untracked();
            change.dispatch_local(UpdatePassword { current_password, new_password });
        }
    };
    // The old token is of no use any more. The dialog gets a new one.
    let log_in = move |_| {
        spawn_local(async move {
            if step_up.ask().await {
                outcome.try_set(None);
                toasts.done(DONE);
            }
        });
    };
    let not_signed_in = move || match outcome.get() {
        // Another request may have asked for the password meanwhile.
        Some(Outcome::NotSignedIn(refusal)) if session.token().is_some_and(|token| renewal.has_failed(&token)) => {
            Some(view! {
                <div class="problem">
                    <p>{format!("Your password is changed. But you are not logged in with it yet. {}", login_problem(&refusal))}</p>
                    <button type="button" class="quiet" on:click=log_in>
                        "Log in again"
                    </button>
                </div>
            })
        }
        _ => None,
    };
    view! {
        <p class="hint">"A new password ends all your other sessions, on all devices. This one goes on."</p>
        <div class="alert" role="alert">
            {not_signed_in}
        </div>
        <FormFrame form label="Change password" busy_label="Changing…" busy=change.pending() submit>
            // For password managers: whose password it is.
            <input type="text" name="username" autocomplete="username" prop:value=username readonly hidden />
            <PasswordField field=current label="Current password" autocomplete="current-password" />
            <PasswordField
                field=new
                label="New password"
                hint=new_password::hint(new)
                autocomplete="new-password"
            />
            <PasswordField field=repeat label="Repeat the new password" autocomplete="new-password" />
        </FormFrame>
    }
    .into_any()
}

/// What is said when all is done.
const DONE: &str = "Your password is changed. Other sessions have ended.";

/// Changes the password, and logs in with the new one. Both are done also if the person leaves the page meanwhile.
async fn change(
    client: Client,
    session: Session,
    renewal: Renewal,
    toasts: Toasts,
    step_up: StepUp,
    username: String,
    update: UpdatePassword,
) -> Outcome {
    let new_password = update.new_password.clone().into_text();
    if session.has_expired()
        && let Some(token) = untrack(|| session.token())
    {
        // The change itself repeats nothing.
        renewal.renew(session, &token).await;
    }
    // The dialog needs the lock, too.
    if untrack(|| session.token()).is_some_and(|token| untrack(|| renewal.has_failed(&token))) && !step_up.ask().await {
        return Outcome::NotSignedIn(ApiError::not_authenticated());
    }
    let _under_way = renewal.begin().await;
    if let Err(refusal) = client.send::<()>(Request::put("/users/me/password", &update).ends_its_token()).await {
        return Outcome::Refused(refusal);
    }
    match log_in_again(session, username, new_password).await {
        Ok(()) => {
            toasts.done(DONE);
            Outcome::Done
        }
        Err(refusal) => {
            renewal.fail(untrack(|| session.token()));
            Outcome::NotSignedIn(refusal)
        }
    }
}
