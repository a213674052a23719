//! The field of a new password: its rules, and what is said about it while it is typed.

use leptos::prelude::*;

use super::form::{Field, Form};
use crate::{
    app::facts,
    model::{BrokenRule, NewPassword, PasswordRules},
};

/// Adds the field of a new password to a form. `username` and `email` are those of its user, as far as they are known.
/// The list of common passwords is the server's: it says so when the form is sent.
pub fn field(form: Form, name: &'static str, username: Signal<String>, email: Signal<String>) -> Field {
    form.field(name, "", move |text| {
        let (username, email) = (username.get_untracked(), email.get_untracked());
        parse(name, text, username.trim(), Some(email.trim()).filter(|email| !email.is_empty())).err()
    })
}

/// Adds the field of a password that takes the place of another one, which is typed in `current`.
pub fn replacing(
    form: Form,
    name: &'static str,
    current: Field,
    username: Signal<String>,
    email: Signal<String>,
) -> Field {
    form.field(name, "", move |text| {
        if current.text.with_untracked(|current| current == text) {
            return Some(BrokenRule::value(name, "This is the password that you have: choose another"));
        }
        let (username, email) = (username.get_untracked(), email.get_untracked());
        parse(name, text, &username, Some(&*email).filter(|email| !email.is_empty())).err()
    })
}

/// What is typed, if it breaks no rule.
pub fn read(field: Field, username: &str, email: Option<&str>) -> Option<NewPassword> {
    field.text.with_untracked(|text| parse(field.name, text, username, email).ok())
}

fn parse(name: &'static str, text: &str, username: &str, email: Option<&str>) -> Result<NewPassword, BrokenRule> {
    let rules = PasswordRules { min_length: facts::password_min_length(), username, email };
    NewPassword::parse(name, text, rules, |_| false)
}

/// What is said about the password while it is typed.
#[derive(Clone, Copy)]
pub struct Hint {
    /// What is shown. It counts the characters.
    pub text: Signal<String>,
    /// What is announced. It changes only when the password becomes long enough, or too short again.
    pub verdict: Memo<&'static str>,
}

/// What is said about the password while it is typed. It does not run on the server: there is nothing typed there.
pub fn hint(field: Field) -> Hint {
    let least = RwSignal::new(None::<usize>);
    Effect::new(move || least.set(Some(facts::password_min_length())));
    let typed = move || field.text.with(|text| text.chars().count());
    let text = Signal::derive(move || {
        let Some(least) = least.get() else { return String::new() };
        match typed() {
            0 => {
                format!("At least {least} characters. Several words are easier to remember than a few odd characters.")
            }
            typed if typed < least => match least - typed {
                1 => "One more character.".to_owned(),
                more => format!("{more} more characters."),
            },
            _ => "Long enough.".to_owned(),
        }
    });
    let verdict = Memo::new(move |_| match (typed(), least.get()) {
        // A problem is read out with the field.
        (0, _) | (_, None) => "",
        _ if field.is_wrong() => "",
        (typed, Some(least)) if typed < least => "Too short.",
        _ => "Long enough.",
    });
    Hint { text, verdict }
}

/// The field where the new password is typed a second time.
pub fn repeat(form: Form, first: Field) -> Field {
    form.field("repeat", "", move |text| {
        first
            .text
            .with_untracked(|first| first != text)
            .then(|| BrokenRule::value("repeat", "The two passwords are not the same: type them again"))
    })
}
