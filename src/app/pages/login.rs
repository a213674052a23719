//! The login page.

use leptos::{ev::SubmitEvent, prelude::*};
use web_sys::{FormData, HtmlFormElement};

use crate::{
    app::{
        components::{
            mark::Mark,
            problem::{DISABLED, login_problem},
        },
        entrance::Entrance,
        log_in::log_in,
        session::Notice,
    },
    browser,
    oauth2::PasswordForm,
};

/// What the button says while a login is under way. `press.js` reads it from the button.
const BUSY: &str = "Checking…";

/// The login page.
#[component]
pub fn Login() -> impl IntoView {
    view! {
        <main id="main" tabindex="-1" class="counter login-page">
            <div class="pitch">
                <p class="brand">
                    <Mark />
                    <span>"Cloakroom"</span>
                </p>
                <p class="motto">"Hand over your password once. Get a token. Collect your items."</p>
            </div>
            <div class="card">
                <h1>"Log in"</h1>
                <LoginForm />
                <p class="sign-up">"New here? " <a href="/signup">"Sign up"</a></p>
            </div>
        </main>
    }
}

#[component]
fn LoginForm() -> impl IntoView {
    let entrance = expect_context::<Entrance>();
    let session = entrance.session;
    let shown = RwSignal::new(false);
    let login = Action::new_local(move |(form, on_this_device): &(PasswordForm, bool)| {
        log_in(entrance, form.clone(), *on_this_device)
    });
    let (pending, answer) = (login.pending(), login.value());
    // After a login, the next page's WASM may still be on its way.
    let busy = move || pending.get() || entrance.is_on_the_way();

    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if untrack(busy) {
            return;
        }
        let Ok(fields) = FormData::new_with_form(&event_target::<HtmlFormElement>(&event)) else { return };
        let value = |name: &str| fields.get(name).as_string().unwrap_or_default();
        let stays = fields.has("stay");
        let form = PasswordForm::for_a_browser(value("username"), value("password"), stays);
        // Hides the password again. Browsers remember the value of a plain text field, and offer it to the next person.
        shown.set(false);
        session.notice().set(None);
        // A session whose page did not come ends when another login begins.
        session.forget();
        entrance.prepare();
        login.dispatch_local((form, stays));
    };
    let problem = move || match answer.get() {
        Some(Err(refusal)) if !busy() => Some(view! { <p class="problem">{login_problem(&refusal)}</p> }),
        _ => None,
    };
    let missing = move || {
        entrance.failed().then(|| {
            view! {
                <div class="problem">
                    <p>"Your page did not load. Check your connection and try again."</p>
                    <button type="button" class="quiet" on:click=move |_| entrance.enter()>
                        "Retry"
                    </button>
                </div>
            }
        })
    };
    Effect::new(move || {
        if answer.with(|answer| matches!(answer, Some(Err(_)))) {
            // The password stays in the field, selected, so that the person can correct it or type over it.
            browser::select_field("password");
        }
    });
    let notice = move || match session.notice().get()? {
        Notice::Expired => Some("Your session has expired. Log in to go on."),
        Notice::Disabled => Some(DISABLED),
        Notice::LoggedOut => Some("You are logged out."),
        Notice::LoggedOutHere => {
            Some("You are logged out here. At the server the session is still open: end it under Settings, Sessions.")
        }
        Notice::Deleted => Some("Your account is deleted."),
    };
    // The next page's WASM comes while the person types.
    let prepared = StoredValue::new(false);
    let typed = move |_| {
        if !prepared.get_value() {
            prepared.set_value(true);
            entrance.prepare();
        }
    };

    view! {
        <form
            class="login"
            action="/token"
            method="post"
            on:submit=submit
            on:input=typed
            aria-busy=move || busy().to_string()
        >
            <p class="notice" role="status">
                {notice}
            </p>
            <label for="username">"Username"</label>
            <input
                id="username"
                name="username"
                autocomplete="username"
                autocapitalize="none"
                spellcheck="false"
                required
                autofocus
            />
            <label for="password">"Password"</label>
            <PasswordInput shown />
            <label class="check">
                <input type="checkbox" name="stay" />
                <span>"Keep me signed in on this device"</span>
            </label>
            <button type="submit" class="button" data-busy=BUSY disabled=busy>
                <span class="spinner" aria-hidden="true"></span>
                {move || if busy() { BUSY } else { "Log in" }}
            </button>
            // Below everything else, so that nothing moves when the message appears.
            <div class="alert" role="alert">
                {problem}
                {missing}
            </div>
        </form>
    }
}

/// The password's field, and a button that shows what was typed.
#[component]
fn PasswordInput(shown: RwSignal<bool>) -> impl IntoView {
    view! {
        <div class="password">
            <input
                id="password"
                name="password"
                type=move || if shown.get() { "text" } else { "password" }
                autocomplete="current-password"
                autocapitalize="none"
                spellcheck="false"
                required
            />
            <button
                type="button"
                class="small"
                aria-controls="password"
                aria-label=move || if shown.get() { "Hide password" } else { "Show password" }
                on:click=move |_| shown.update(|shown| *shown = !*shown)
            >
                {move || if shown.get() { "Hide" } else { "Show" }}
            </button>
        </div>
    }
}
