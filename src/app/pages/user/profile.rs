//! The card with the full name and the e-mail address.

use leptos::prelude::*;

use super::{
    draft::{Draft, Part},
    shown::Shown,
};
use crate::{
    app::{
        components::{
            conflict::Conflict,
            fields::{FormFrame, TextField},
            toasts::Toasts,
        },
        form::{Form, if_given},
        me::Me,
    },
    model::{Email, FullName, UserUpdate},
};

/// The card.
#[component]
pub fn Profile(shown: Shown) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let Me(me) = expect_context();
    let form = Form::new("profile");
    let full_name = form.field("full_name", "", |text| if_given(text, FullName::parse));
    let email = form.field("email", "", |text| if_given(text, Email::parse));
    let parts = [
        Part { label: "Full name", field: full_name, of: |account| account.full_name.clone().unwrap_or_default() },
        Part { label: "E-mail", field: email, of: |account| account.email.clone().unwrap_or_default() },
    ];
    let draft = Draft::new(shown, form, "profile-title", parts);

    let save = Action::new_local(move |update: &UserUpdate| shown.change(update.clone()));
    Effect::new(move || match save.value().get() {
        Some(Ok(())) => {
            draft.done();
            toasts.done("Saved.");
            if shown.is_own {
                me.refetch();
            }
        }
        Some(Err(refusal)) => draft.refuse(&refusal),
        None => {}
    });
    let submit = move || {
        let (full_name, email) = (full_name.change(FullName::parse), email.change(Email::parse));
        save.dispatch_local(UserUpdate { full_name, email, ..UserUpdate::default() });
    };
    view! {
        <section class="card" aria-labelledby="profile-title">
            <h2 id="profile-title" tabindex="-1">
                "Profile"
            </h2>
            <Conflict
                form
                fields=draft.fields()
                is_outdated=draft.is_outdated
                busy=save.pending()
                save=submit
                taken=move || draft.done()
            />
            <FormFrame form label="Save" busy_label="Saving…" busy=save.pending() only_if_changed=true submit>
                <TextField field=full_name label="Full name" optional=true is_name=true />
                <TextField field=email label="E-mail" kind="email" optional=true />
            </FormFrame>
        </section>
    }
    .into_any()
}
