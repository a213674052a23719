//! The card that gives the user a new password.

use leptos::prelude::*;
use leptos_router::components::A;

use super::{draft::LOOK_AGAIN, shown::Shown};
use crate::{
    app::{
        components::{fields::FormFrame, password_for::PasswordFor, toasts::Toasts},
        form::Form,
        new_password,
    },
    browser,
    model::{NewPassword, UserUpdate},
};

/// The card. The own password is changed in the settings: there the present one is asked for, and here the change would
/// end the session that makes it.
#[component]
pub fn Password(shown: Shown) -> impl IntoView {
    let content = if shown.is_own {
        view! {
            <p>
                "This is you. A new password would end your session here. Change your own password in the "
                <A href="/settings">"settings"</A> "."
            </p>
        }
        .into_any()
    } else {
        view! { <PasswordForm shown /> }.into_any()
    };
    view! {
        <section class="card" aria-labelledby="password-title">
            <h2 id="password-title" tabindex="-1">
                "Password"
            </h2>
            {content}
        </section>
    }
    .into_any()
}

#[component]
fn PasswordForm(shown: Shown) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let form = Form::new("new-password");
    let username = Signal::derive(move || shown.username());
    let email = Signal::derive(move || shown.account().email.unwrap_or_default());
    let password = new_password::field(form, "password", username, email);
    let save = Action::new_local(move |password: &NewPassword| {
        let update = UserUpdate { password: Some(password.clone()), ..UserUpdate::default() };
        shown.change(update)
    });
    Effect::new(move || match save.value().get() {
        Some(Ok(())) => {
            password.fill("");
            form.problem.set(None);
            toasts.done(format!("{} has a new password.", shown.username()));
            browser::focus("password-title");
        }
        Some(Err(refusal)) if refusal.status == 412 => form.problem.set(Some(LOOK_AGAIN.to_owned())),
        Some(Err(refusal)) => form.refuse(&refusal),
        None => {}
    });
    let submit = move || {
        if let Some(typed) = new_password::read(password, "", None) {
            save.dispatch_local(typed);
        }
    };
    view! {
        <p class="hint">"A new password ends the user’s sessions, and a lockout after failed logins."</p>
        <FormFrame form label="Set password" busy_label="Setting…" busy=save.pending() submit>
            // For password managers: whose password it is.
            <input type="text" name="username" autocomplete="username" value=shown.username() readonly hidden />
            <PasswordFor field=password />
        </FormFrame>
    }
    .into_any()
}
