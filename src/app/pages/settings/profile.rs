//! What others see of the user: the full name and the e-mail address.

use leptos::prelude::*;

use super::may_write::{ReadOnly, may_write};
use crate::{
    app::{
        client::{Client, Reply, Request},
        components::{
            conflict::Conflict,
            fields::{FormFrame, TextField},
            loading::Loading,
            toasts::Toasts,
        },
        form::{Field, Form, if_given},
        me::{ME, Me},
        session::Session,
    },
    browser,
    error::ApiError,
    model::{Email, FullName, User, UserUpdateMe},
};

/// The part "Profile".
#[component]
pub fn Profile() -> impl IntoView {
    let (client, session) = (Client::from_context(), expect_context::<Session>());
    // A new token of the same user does not load it again: something may be typed.
    let is_signed_in = Memo::new(move |_| session.token().is_some());
    let user = LocalResource::new(move || {
        is_signed_in.track();
        client.send::<User>(Request::get(ME))
    });
    view! {
        <section class="card" aria-labelledby="part">
            <h2 id="part">"Profile"</h2>
            <Loading from=user what="Your profile" lines=4 children=loaded />
        </section>
    }
    .into_any()
}

fn loaded(reply: Reply<User>) -> impl IntoView {
    let may_write = may_write();
    move || match may_write.get() {
        true => view! { <Editor reply=reply.clone() /> }.into_any(),
        false => view! { <Shown user=reply.value.clone() /> }.into_any(),
    }
}

/// The profile of a user who may not change it.
#[component]
fn Shown(user: User) -> impl IntoView {
    let missing = || "Not given".to_owned();
    view! {
        <ReadOnly what="change your profile" />
        <dl class="values">
            <dt>"Username"</dt>
            <dd>{user.username}</dd>
            <dt>"Full name"</dt>
            <dd dir="auto">{user.full_name.unwrap_or_else(missing)}</dd>
            <dt>"E-mail"</dt>
            <dd>{user.email.unwrap_or_else(missing)}</dd>
        </dl>
    }
    .into_any()
}

/// What came of a press of the button.
#[derive(Clone)]
enum Outcome {
    /// It is saved.
    Saved(Reply<User>),
    /// It was changed elsewhere meanwhile. This is what it is now.
    Elsewhere(Reply<User>),
    /// The server refused the change.
    Refused(ApiError),
}

#[component]
fn Editor(reply: Reply<User>) -> impl IntoView {
    let (client, toasts) = (Client::from_context(), expect_context::<Toasts>());
    let Me(me) = expect_context();
    let Reply { value: user, etag } = reply;
    let etag = StoredValue::new(etag);
    let form = Form::new("profile");
    let full_name = form.field("full_name", full_name_of(&user), |text| if_given(text, FullName::parse));
    let email = form.field("email", email_of(&user), |text| if_given(text, Email::parse));
    // Whether it was changed elsewhere while something was typed here.
    let is_outdated = RwSignal::new(false);

    let save = Action::new_local(move |update: &UserUpdateMe| {
        let request = Request::patch(ME, update).if_match(etag.get_value());
        async move {
            let outcome = save(client, request).await;
            if let Outcome::Saved(_) = outcome {
                me.refetch();
                toasts.done("Your profile is saved.");
            }
            outcome
        }
    });
    // What was typed when the button was pressed. The person may type on.
    let sent = StoredValue::new((String::new(), String::new()));
    Effect::new(move || {
        let Some(outcome) = save.value().get() else { return };
        untrack(|| match outcome {
            Outcome::Saved(Reply { value: user, etag: version }) => {
                etag.set_value(version);
                sent.with_value(|(sent_name, sent_email)| {
                    after_saving(full_name, sent_name, full_name_of(&user));
                    after_saving(email, sent_email, email_of(&user));
                });
                is_outdated.set(false);
            }
            Outcome::Elsewhere(Reply { value: user, etag: version }) => {
                etag.set_value(version);
                full_name.rebase(full_name_of(&user));
                email.rebase(email_of(&user));
                if form.is_changed() {
                    is_outdated.set(true);
                } else {
                    // The same was typed elsewhere.
                    toasts.done("Your profile is saved.");
                }
                me.refetch();
            }
            Outcome::Refused(refusal) => form.refuse(&refusal),
        });
    });
    let submit = move || {
        sent.set_value((full_name.text.get_untracked(), email.text.get_untracked()));
        save.dispatch_local(UserUpdateMe {
            full_name: full_name.change(FullName::parse),
            email: email.change(Email::parse),
        });
    };
    let focus_first = move || browser::focus(&full_name.id());
    // The fields go back to what is saved: elsewhere, if that was later.
    let reset = move |_| {
        form.reset();
        is_outdated.set(false);
        focus_first();
    };
    let cancel = move || {
        view! {
            <button
                type="button"
                class="quiet"
                disabled=move || save.pending().get() || !form.is_changed()
                on:click=reset
            >
                "Cancel"
            </button>
        }
    };
    view! {
        <Conflict
            form
            fields=vec![("Full name", full_name), ("E-mail", email)]
            is_outdated
            busy=save.pending()
            save=submit
            taken=focus_first
        />
        <FormFrame
            form
            label="Save"
            busy_label="Saving…"
            busy=save.pending()
            only_if_changed=true
            submit
            beside=cancel
        >
            <dl class="values">
                <dt>"Username"</dt>
                <dd>
                    <strong>{user.username.clone()}</strong>
                    <span class="hint">"It cannot be changed: it is written into each of your tickets."</span>
                </dd>
            </dl>
            <TextField field=full_name label="Full name" autocomplete="name" optional=true />
            <TextField field=email label="E-mail" kind="email" autocomplete="email" optional=true />
        </FormFrame>
    }
    .into_any()
}

fn full_name_of(user: &User) -> &str {
    user.full_name.as_deref().unwrap_or_default()
}

fn email_of(user: &User) -> &str {
    user.email.as_deref().unwrap_or_default()
}

/// Puts what is saved into a field. If the person has typed on meanwhile, that stays.
fn after_saving(field: Field, sent: &str, saved: &str) {
    if field.text.with_untracked(|text| text == sent) {
        field.fill(saved);
    } else {
        field.rebase(saved);
    }
}

/// Saves the profile. If it was changed elsewhere, it is read again.
async fn save(client: Client, request: Request) -> Outcome {
    match client.send(request).await {
        Ok(saved) => Outcome::Saved(saved),
        Err(refusal) if refusal.status == 412 => match client.send(Request::get(ME)).await {
            Ok(now) => Outcome::Elsewhere(now),
            Err(refusal) => Outcome::Refused(refusal),
        },
        Err(refusal) => Outcome::Refused(refusal),
    }
}
