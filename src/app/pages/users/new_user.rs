//! The form in the dialog "New user".

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use crate::{
    app::{
        client::{Client, Request},
        components::{
            fields::{FormFrame, TextField},
            password_for::PasswordFor,
            scope_choices::ScopeChoices,
            toasts::Toasts,
        },
        form::{Form, if_given},
        new_password,
    },
    browser,
    error::{ApiError, Detail},
    model::{ADMIN, Account, Email, FullName, Scopes, UserCreate, Username},
};

/// The form. A new user is enabled, and may do what somebody who signs up may do, unless the administrator says
/// otherwise.
#[component]
pub fn NewUser(open: RwSignal<bool>, is_changed: RwSignal<bool>) -> impl IntoView {
    let client = Client::from_context();
    let toasts = expect_context::<Toasts>();
    let navigate = use_navigate();
    let form = Form::new("new-user");
    let username = form.field("username", "", |text| Username::parse(text.trim()).err());
    let full_name = form.field("full_name", "", |text| if_given(text, FullName::parse));
    let email = form.field("email", "", |text| if_given(text, Email::parse));
    let password = new_password::field(form, "password", username.text.into(), email.text.into());
    let scopes = form.field("scopes", &Scopes::AT_SIGN_UP.to_string(), |_| None);
    let disabled = RwSignal::new(false);
    Effect::new(move || is_changed.set(form.is_changed() || disabled.get()));
    on_cleanup(move || {
        is_changed.try_set(false);
    });
    // The dialog is opened by another effect, and gives the keyboard focus to its first button.
    Effect::new(move || request_animation_frame(move || browser::focus(&username.id())));

    let create = Action::new_local(move |body: &UserCreate| {
        let request = Request::post("/users", body);
        async move { client.send::<Account>(request).await.map(|created| created.value.username) }
    });
    Effect::new(move || match create.value().get() {
        Some(Ok(username)) => {
            form.saved();
            open.set(false);
            toasts.done(format!("Created the user {username}."));
            navigate(&format!("/admin/users/{username}"), leptos_router::NavigateOptions::default());
        }
        // Who is an administrator no more has signed somebody up, to the API. A sign-up has no scopes.
        Some(Err(refusal)) if has_extra_members(&refusal) => {
            form.refuse(&ApiError::insufficient_scope(Scopes::new(ADMIN)));
        }
        Some(Err(refusal)) => form.refuse(&refusal),
        None => {}
    });
    let submit = move || {
        let username = username.text.with_untracked(|text| Username::parse(text.trim()));
        let (Ok(username), Some(password)) = (username, new_password::read(password, "", None)) else { return };
        create.dispatch_local(UserCreate {
            username,
            password,
            email: email.value(Email::parse),
            full_name: full_name.value(FullName::parse),
            scopes: Some(Scopes::parse_granted(&scopes.text.get_untracked())),
            disabled: Some(disabled.get_untracked()),
        });
    };
    view! {
        <FormFrame form label="Create" busy_label="Creating…" busy=create.pending() submit>
            // Not `autocomplete="username"`: browsers would fill in the administrator's own.
            <TextField field=username label="Username" hint="It cannot be changed later." is_name=true />
            <TextField field=full_name label="Full name" optional=true is_name=true />
            <TextField field=email label="E-mail" kind="email" optional=true />
            <PasswordFor field=password />
            <ScopeChoices field=scopes />
            <div class="choices">
                <div class="choice">
                    <input
                        type="checkbox"
                        id="new-user-disabled"
                        aria-describedby="new-user-disabled-hint"
                        prop:checked=disabled
                        on:change=move |event| disabled.set(event_target_checked(&event))
                    />
                    <label for="new-user-disabled">"Disabled"</label>
                    <p class="hint" id="new-user-disabled-hint">
                        "Nobody can log in with this account until it is enabled."
                    </p>
                </div>
            </div>
        </FormFrame>
    }
    .into_any()
}

/// Whether the server does not know a member of what was sent.
fn has_extra_members(refusal: &ApiError) -> bool {
    match &refusal.body.detail {
        Detail::Fields(fields) => fields.iter().any(|field| field.kind == "extra_forbidden"),
        Detail::Text(_) => false,
    }
}
