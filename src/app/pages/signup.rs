//! The sign-up page.

use leptos::{ev::beforeunload, prelude::*};

use crate::{
    app::{
        client,
        components::{
            fields::{FormFrame, PasswordField, TextField},
            mark::Mark,
        },
        entrance::Entrance,
        form::{Field, Form, if_given},
        log_in::log_in,
        new_password,
        unsaved::Unsaved,
    },
    browser,
    error::ApiError,
    model::{Email, FullName, UserCreate, Username},
    oauth2::PasswordForm,
};

/// The sign-up page. Whoever signs up is signed in at once.
#[component]
pub fn SignUp() -> impl IntoView {
    view! {
        <main id="main" tabindex="-1" class="counter login-page">
            <div class="pitch">
                <p class="brand">
                    <Mark />
                    <span>"Cloakroom"</span>
                </p>
                <p class="motto">"A hook of your own. Choose a name and a password, and hang up your first item."</p>
            </div>
            <div class="card">
                <h1>"Sign up"</h1>
                <p class="sign-up-off">
                    "Sign-up is switched off here. Ask the people who run this site for an account."
                </p>
                <SignUpForm />
                <p>"Have an account? " <a href="/login">"Log in"</a></p>
            </div>
        </main>
    }
    .into_any()
}

/// What came of a press of the button.
#[derive(Clone)]
enum Outcome {
    /// The server refused the account.
    Refused(ApiError),
    /// The account is made, but the login after it failed.
    Made,
    /// The account is made, and its user is signed in.
    SignedIn,
}

#[component]
fn SignUpForm() -> impl IntoView {
    let entrance = expect_context::<Entrance>();
    let unsaved = Unsaved::new();
    provide_context(unsaved);
    // Every way out of this page loads another one, so the browser asks.
    Effect::new(move || {
        let closing = window_event_listener(beforeunload, move |event| {
            if unsaved.is_any() {
                event.prevent_default();
            }
        });
        on_cleanup(move || closing.remove());
    });
    let form = Form::new("sign-up");
    let username = form.field("username", "", |text| Username::parse(text.trim()).err());
    let email = form.field("email", "", |text| if_given(text, Email::parse));
    let full_name = form.field("full_name", "", |text| if_given(text, FullName::parse));
    let password = new_password::field(form, "password", username.text.into(), email.text.into());
    let repeat = new_password::repeat(form, password);
    let fields = Fields { username, email, full_name, password };

    let sign_up = Action::new_local(move |new: &UserCreate| sign_up(entrance, new.clone()));
    let outcome = sign_up.value();
    // After the login, the next page's WASM may still be on its way.
    let busy = Signal::derive(move || sign_up.pending().get() || entrance.is_on_the_way());
    Effect::new(move || {
        match outcome.get() {
            Some(Outcome::Refused(refusal)) => untrack(|| form.refuse(&refusal)),
            // The page stays in memory until the session ends, but the password does not.
            Some(Outcome::Made | Outcome::SignedIn) => {
                unsaved.forget();
                [password, repeat].into_iter().for_each(|field| field.fill(""));
            }
            None => {}
        }
    });
    let submit = move || {
        if let Some(new) = fields.read() {
            entrance.session.forget();
            entrance.prepare();
            sign_up.dispatch_local(new);
        }
    };
    let made = move || {
        let is_made = matches!(outcome.get(), Some(Outcome::Made)) || entrance.failed();
        is_made.then(|| {
            view! {
                <p class="notice" role="status">
                    "Your account is made. " <a href=format!("/login{}", browser::query())>"Log in"</a> " to go on."
                </p>
            }
        })
    };
    view! {
        <div class="sign-up-on">
            {made}
            <FormFrame form label="Sign up" busy_label="Making your account…" busy submit>
                <TextField
                    field=username
                    label="Username"
                    hint="You log in with it. It cannot be changed later."
                    autocomplete="username"
                />
                <TextField field=full_name label="Full name" autocomplete="name" optional=true />
                <TextField field=email label="E-mail" kind="email" autocomplete="email" optional=true />
                <PasswordField
                    field=password
                    label="Password"
                    hint=new_password::hint(password)
                    autocomplete="new-password"
                />
                <PasswordField field=repeat label="Repeat the password" autocomplete="new-password" />
            </FormFrame>
        </div>
    }
    .into_any()
}

/// The form's fields.
#[derive(Clone, Copy)]
struct Fields {
    username: Field,
    email: Field,
    full_name: Field,
    password: Field,
}

impl Fields {
    /// What is typed, as the body of `POST /users`. `None` if a rule is broken.
    fn read(self) -> Option<UserCreate> {
        let (email, full_name) = (self.email.value(Email::parse), self.full_name.value(FullName::parse));
        let username = self.username.text.with_untracked(|text| Username::parse(text.trim()).ok())?;
        let password = new_password::read(self.password, username.as_str(), email.as_ref().map(Email::as_str))?;
        Some(UserCreate { username, password, email, full_name, scopes: None, disabled: None })
    }
}

/// Makes the account, and logs its user in.
async fn sign_up(entrance: Entrance, new: UserCreate) -> Outcome {
    if let Err(refusal) = client::post_anonymously("/users", &new).await {
        return Outcome::Refused(refusal);
    }
    let form = PasswordForm::for_a_browser(new.username.into(), new.password.into_text(), false);
    match log_in(entrance, form, false).await {
        Ok(()) => Outcome::SignedIn,
        Err(_) => Outcome::Made,
    }
}
