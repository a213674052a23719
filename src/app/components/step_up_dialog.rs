//! The dialog that asks for the password again: one for all sensitive steps (RFC 9470).

use leptos::prelude::*;

use super::{
    dialog::Dialog,
    fields::{FormFrame, PasswordField},
    problem::login_problem,
};
use crate::{
    app::{form::Form, log_in_again::log_in_again, renewal::Renewal, session::Session, step_up::StepUp, who},
    browser,
    model::BrokenRule,
};

/// Asks for the password while somebody waits for it.
#[component]
pub fn StepUpDialog() -> impl IntoView {
    let step_up = expect_context::<StepUp>();
    let open = RwSignal::new(false);
    // A second call that waits does not open it anew: something may be typed.
    let is_asked = Memo::new(move |_| step_up.is_asked());
    Effect::new(move || open.set(is_asked.get()));
    // The person closed the dialog.
    Effect::new(move || {
        if !open.get() && untrack(|| step_up.is_asked()) {
            step_up.answer(false);
        }
    });
    view! {
        <Dialog open title="Type your password again">
            <Password />
        </Dialog>
    }
    .into_any()
}

#[component]
fn Password() -> impl IntoView {
    let session = expect_context::<Session>();
    let step_up = expect_context::<StepUp>();
    let renewal = expect_context::<Renewal>();
    let username = untrack(|| session.token()).map(|token| who::username(&token)).unwrap_or_default();
    let form = Form::new("step-up");
    let password = form
        .field("password", "", |text| text.is_empty().then(|| BrokenRule::too_short("password", "Type your password")));
    let login = Action::new_local({
        let username = username.clone();
        move |typed: &String| {
            let (username, typed) = (username.clone(), typed.clone());
            async move {
                // A renewal at this moment would use the same refresh token.
                let _under_way = renewal.begin().await;
                log_in_again(session, username, typed).await
            }
        }
    });
    Effect::new(move || match login.value().get() {
        Some(Ok(())) => step_up.answer(true),
        Some(Err(refusal)) => {
            let sentence = match refusal.status {
                401 => "That is not your password. Try again.".to_owned(),
                _ => login_problem(&refusal),
            };
            password.problem.set(Some(sentence));
            browser::select_field(&password.id());
        }
        None => {}
    });
    // The dialog itself would give the keyboard focus to its Close button.
    Effect::new(move || {
        let id = password.id();
        request_animation_frame(move || browser::focus(&id));
    });
    let submit = move || {
        login.dispatch_local(password.text.get_untracked());
    };
    view! {
        <p>"You go on where you are, and stay signed in."</p>
        <FormFrame form label="Go on" busy_label="Checking…" busy=login.pending() submit>
            // For password managers: whose password it is.
            <input type="text" name="username" autocomplete="username" value=username readonly hidden />
            <PasswordField field=password label="Password" autocomplete="current-password" />
        </FormFrame>
    }
    .into_any()
}
