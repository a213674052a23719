//! The field in which an administrator types a password for somebody else.

use leptos::prelude::*;

use super::fields::PasswordField;
use crate::{
    app::facts,
    app::{form::Field, new_password},
    browser,
};

/// Letters and digits that nobody mistakes for others. There are 32: each byte stands for one of them, and all of them
/// are as likely.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// How many letters stand together.
const GROUP: usize = 5;
/// The fewest groups: 100 bits.
const GROUPS: usize = 4;

/// The field, its hint, and a button that suggests a password.
#[component]
pub fn PasswordFor(
    /// The field.
    field: Field,
) -> impl IntoView {
    let suggested = RwSignal::new(None::<String>);
    let suggest = move |_| {
        if let Some(password) = suggestion() {
            field.text.set(password.clone());
            field.problem.set(None);
            suggested.set(Some(password));
        }
    };
    let shown = move || suggested.get().filter(|password| field.text.with(|text| text == password));
    view! {
        <div class="password-for">
            <PasswordField field label="Password" hint=new_password::hint(field) autocomplete="new-password" />
            <button type="button" class="small" on:click=suggest>
                "Suggest one"
            </button>
            <p class="hint" role="status">
                {move || {
                    shown()
                        .map(|password| {
                            view! {
                                "The suggestion is "
                                <code>{password}</code>
                                ". Pass it on now: it is not shown again."
                            }
                        })
                }}
            </p>
        </div>
    }
    .into_any()
}

/// A password that nobody guesses, in groups that can be read out: `kx3wq-7mnt2-…`. `None` if the browser has no source
/// of random numbers.
fn suggestion() -> Option<String> {
    let groups = GROUPS.max(facts::password_min_length().div_ceil(GROUP + 1) + 1);
    let random = browser::random_bytes(groups * GROUP)?;
    let letter = |byte: &u8| LETTERS.get(usize::from(byte % 32)).copied().map(char::from);
    let group = |bytes: &[u8]| bytes.iter().filter_map(letter).collect::<String>();
    Some(random.chunks(GROUP).map(group).collect::<Vec<_>>().join("-"))
}
