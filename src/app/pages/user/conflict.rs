//! What happens when somebody else has changed the account meanwhile: nothing typed is lost, and the administrator
//! chooses.

use leptos::prelude::*;

use super::shown::Shown;
use crate::{
    app::form::{Field, Form},
    browser,
    error::ApiError,
    model::Account,
};

/// What a button says that did nothing, because the account is not as it was shown.
pub const LOOK_AGAIN: &str = "This account was changed elsewhere meanwhile, and nothing was done. The page shows it as it is now: look at it, and \
     repeat this if you still want it.";

/// A form about a part of the account.
#[derive(Clone, Copy)]
pub struct Draft {
    shown: Shown,
    form: Form,
    parts: StoredValue<Vec<Part>>,
    /// Whether somebody else has changed the account since the form was filled.
    is_outdated: RwSignal<bool>,
    /// The id of the card's heading.
    heading: &'static str,
}

/// A field of the form, its label, and what the account has there.
#[derive(Clone, Copy)]
pub struct Part {
    /// The label.
    pub label: &'static str,
    /// The field.
    pub field: Field,
    /// What the account has there, as a text.
    pub of: fn(&Account) -> String,
}

impl Draft {
    /// A form with these parts. They follow the account, unless something is typed.
    pub fn new(shown: Shown, form: Form, heading: &'static str, parts: impl Into<Vec<Part>>) -> Self {
        let parts = StoredValue::new(parts.into());
        Effect::new(move || {
            let account = shown.account();
            parts.with_value(|parts| {
                for part in parts {
                    let saved = (part.of)(&account);
                    // Spaces around a text are not saved.
                    if part.field.text.with_untracked(|text| text.trim() == saved) {
                        part.field.fill(&saved);
                    } else {
                        part.field.rebase(&saved);
                    }
                }
            });
        });
        Self { shown, form, parts, is_outdated: RwSignal::new(false), heading }
    }

    /// The change was made.
    pub fn done(self) {
        self.is_outdated.set(false);
        self.form.problem.set(None);
        // The button that was pressed cannot be pressed any more.
        browser::focus(self.heading);
    }

    /// The change was refused.
    pub fn refuse(self, refusal: &ApiError) {
        if refusal.status == 412 {
            self.is_outdated.set(true);
            let id = self.id();
            request_animation_frame(move || browser::focus(&id));
        } else {
            self.form.refuse(refusal);
        }
    }

    /// The id of the element that says so.
    fn id(self) -> String {
        format!("{}-conflict", self.heading)
    }

    /// What is saved now, and what the person typed in its place.
    fn differences(self) -> Vec<(&'static str, String, String)> {
        let account = self.shown.account();
        let difference = |part: &Part| {
            let (saved, typed) = ((part.of)(&account), part.field.text.get());
            (saved.trim() != typed.trim()).then_some((part.label, saved, typed))
        };
        self.parts.with_value(|parts| parts.iter().filter_map(difference).collect())
    }

    /// Puts what is saved into the fields.
    fn take_saved(self) {
        let account = self.shown.account();
        self.parts.with_value(|parts| parts.iter().for_each(|part| part.field.fill(&(part.of)(&account))));
        self.done();
    }
}

/// Says that the account was changed elsewhere, and shows what is saved beside what was typed.
#[component]
pub fn Conflict(
    /// The form.
    draft: Draft,
    /// Sends the form again.
    keep: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let row = |(label, saved, typed): (&'static str, String, String)| {
        let text = |text: String| match text.is_empty() {
            true => view! { <span class="hint">"nothing"</span> }.into_any(),
            false => view! { <bdi>{text}</bdi> }.into_any(),
        };
        view! {
            <tr>
                <th scope="row">{label}</th>
                <td>{text(saved)}</td>
                <td>{text(typed)}</td>
            </tr>
        }
    };
    let choice = move || {
        let differences = draft.differences();
        if differences.is_empty() {
            return view! { <p>"What you typed is what is saved now."</p> }.into_any();
        }
        view! {
            <table>
                <thead>
                    <tr>
                        <td></td>
                        <th scope="col">"Saved now"</th>
                        <th scope="col">"Yours"</th>
                    </tr>
                </thead>
                <tbody>{differences.into_iter().map(row).collect_view()}</tbody>
            </table>
            <div class="actions">
                <button type="button" class="quiet" on:click=move |_| untrack(|| draft.take_saved())>
                    "Take what is saved"
                </button>
                <button type="button" class="quiet" on:click=move |_| keep()>
                    "Save mine"
                </button>
            </div>
        }
        .into_any()
    };
    move || {
        draft.is_outdated.get().then(|| {
            view! {
                <div class="conflict" role="group" tabindex="-1" id=draft.id() aria-label="Changed elsewhere">
                    <p role="alert">"This account was changed elsewhere meanwhile. Nothing was saved."</p>
                    {choice}
                </div>
            }
        })
    }
}
