//! The card with the full name and the e-mail address.

use leptos::prelude::*;

use super::{
    conflict::{Conflict, Draft, Part},
    shown::Shown,
};
use crate::{
    app::{
        components::{
            fields::{FormFrame, TextField},
            toasts::Toasts,
        },
        form::{Form, if_given},
        me::Me,
    },
    model::{Account, BrokenRule, Email, FullName, UserUpdate},
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
        let Account { full_name: old_name, email: old_email, .. } = untrack(|| shown.account());
        let full_name = full_name.text.with_untracked(|text| changed(text, old_name.as_deref(), FullName::parse));
        let email = email.text.with_untracked(|text| changed(text, old_email.as_deref(), Email::parse));
        // The form has checked both.
        if let (Ok(full_name), Ok(email)) = (full_name, email) {
            save.dispatch_local(UserUpdate { full_name, email, ..UserUpdate::default() });
        }
    };
    view! {
        <section class="card" aria-labelledby="profile-title">
            <h2 id="profile-title" tabindex="-1">
                "Profile"
            </h2>
            <Conflict
                draft
                keep=move || {
                    if !save.pending().get_untracked() && form.check() {
                        submit();
                    }
                }
            />
            <FormFrame form label="Save" busy_label="Saving…" busy=save.pending() only_if_changed=true submit>
                <TextField field=full_name label="Full name" optional=true />
                <TextField field=email label="E-mail" kind="email" optional=true />
            </FormFrame>
        </section>
    }
}

/// What a text means for a member of the body: `None` leaves it as it is, and an empty text removes it.
fn changed<T>(
    text: &str,
    old: Option<&str>,
    parse: fn(&str) -> Result<T, BrokenRule>,
) -> Result<Option<Option<T>>, BrokenRule> {
    match text.trim() {
        text if text == old.unwrap_or_default() => Ok(None),
        "" => Ok(Some(None)),
        text => parse(text).map(|value| Some(Some(value))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_sent_and_an_empty_text_removes() {
        let changed =
            |text, old| changed(text, old, FullName::parse).map(|name| name.map(|name| name.map(String::from)));
        assert_eq!(changed(" Ada ", Some("Ada")), Ok(None));
        assert_eq!(changed("", None), Ok(None));
        assert_eq!(changed(" ", Some("Ada")), Ok(Some(None)));
        assert_eq!(changed("Ada", Some("Bob")), Ok(Some(Some("Ada".to_owned()))));
        assert!(changed("a\nb", None).is_err());
    }
}
