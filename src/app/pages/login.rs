//! The login page.

use leptos::{ev::SubmitEvent, html::Input, prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use crate::{
    app::{
        browser, client,
        components::{
            mark::Mark,
            problem::{DISABLED, login_problem},
        },
        flow::LoginExchange,
        next,
        session::{Notice, Session, State, StoredSession},
    },
    error::ApiError,
    model::User,
    oauth2::{self, PasswordForm},
};

/// The login page. The form cannot be submitted before hydration. The browser would post it itself, and the token would
/// be lost.
#[component]
pub fn Login() -> impl IntoView {
    view! {
        <Title text="Log in" />
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
            </div>
        </main>
    }
}

#[component]
fn LoginForm() -> impl IntoView {
    let session = expect_context::<Session>();
    let [username, password, stay] = [NodeRef::<Input>::new(), NodeRef::new(), NodeRef::new()];
    let hydrated = RwSignal::new(false);
    let pending = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let shown = RwSignal::new(false);

    Effect::new(move || hydrated.set(true));
    leave_when_open(session);

    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let value = |field: NodeRef<Input>| field.get_untracked().map(|field| field.value()).unwrap_or_default();
        let form = PasswordForm { username: value(username), password: value(password), scope: None };
        let on_this_device = stay.get_untracked().is_some_and(|stay| stay.checked());
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        // Hides the password again. Browsers remember the value of a plain text field, and offer it to the next person.
        shown.set(false);
        problem.set(None);
        session.notice().set(None);
        spawn_local(async move {
            let refused = log_in(session, form, on_this_device).await.err();
            pending.set(false);
            if let Some(refusal) = refused {
                problem.set(Some(login_problem(&refusal)));
                // `try_…`: the person may have left the page, and its fields are disposed then.
                if let Some(password) = password.try_get_untracked().flatten() {
                    // The password stays in the field, selected, so that the person can correct it or type over it.
                    let _ = password.focus();
                    password.select();
                }
            }
        });
    };
    let notice = move || match session.notice().get()? {
        Notice::Expired => Some("Your session has expired. Log in to go on."),
        Notice::Disabled => Some(DISABLED),
        Notice::LoggedOut => Some("You are logged out."),
    };

    view! {
        <form class="login" action="/token" method="post" on:submit=submit aria-busy=move || pending.get().to_string()>
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
                node_ref=username
            />
            <label for="password">"Password"</label>
            <PasswordInput node_ref=password hydrated shown />
            <label class="check">
                <input type="checkbox" node_ref=stay />
                <span>"Keep me signed in on this device"</span>
            </label>
            <button type="submit" class="button" disabled=move || !hydrated.get() || pending.get()>
                <span class="spinner" class:spinning=move || pending.get() aria-hidden="true"></span>
                {move || if pending.get() { "Checking…" } else { "Log in" }}
            </button>
            // Below everything else, so that nothing moves when the message appears.
            <div class="alert" role="alert">
                {move || problem.get().map(|sentence| view! { <p class="problem">{sentence}</p> })}
            </div>
        </form>
    }
}

/// The password's field, and a button that shows what was typed.
#[component]
fn PasswordInput(node_ref: NodeRef<Input>, hydrated: RwSignal<bool>, shown: RwSignal<bool>) -> impl IntoView {
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
                node_ref=node_ref
            />
            <button
                type="button"
                class="small"
                aria-controls="password"
                aria-label=move || if shown.get() { "Hide password" } else { "Show password" }
                disabled=move || !hydrated.get()
                on:click=move |_| shown.update(|shown| *shown = !*shown)
            >
                {move || if shown.get() { "Hide" } else { "Show" }}
            </button>
        </div>
    }
}

/// Goes to the page that the person asked for, as soon as there is a session.
fn leave_when_open(session: Session) {
    let navigate = use_navigate();
    Effect::new(move || {
        if matches!(session.state(), State::Open(..)) {
            let next = next::after_login(&browser::query());
            navigate(&next, NavigateOptions { replace: true, ..Default::default() });
        }
    });
}

/// Logs in: posts the form to the token endpoint, asks `/users/me` with the token, and stores the token. A disabled
/// user's token is useless, so it is not stored.
async fn log_in(session: Session, form: PasswordForm, on_this_device: bool) -> Result<(), ApiError> {
    let started = browser::stopwatch();
    let token = oauth2::token(form.clone()).await?;
    let login = LoginExchange::new(&form, client::since(started));
    let stored = StoredSession::new(token.clone(), login);
    match client::get_with::<User>(session, &token, "/users/me").await {
        Ok(user) => session.user().set(Some(user)),
        Err(refusal) if refusal.is_inactive_user() || refusal.status == 401 => {
            session.forget_exchanges();
            return Err(refusal);
        }
        // The account page says what did not load, and offers a retry.
        Err(_) => {}
    }
    session.open(stored, on_this_device);
    Ok(())
}
