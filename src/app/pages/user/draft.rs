//! A form about a part of the account. It follows the account, and notices when somebody else has changed it.

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
    /// The form.
    pub form: Form,
    /// Whether somebody else has changed the account since the form was filled.
    pub is_outdated: RwSignal<bool>,
    parts: StoredValue<Vec<Part>>,
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
        let is_outdated = RwSignal::new(false);
        Effect::new(move || {
            let account = shown.account();
            // Another card of the page may have found out that somebody else changed what is being changed here.
            let mut is_overtaken = false;
            parts.with_value(|parts| {
                for part in parts {
                    let saved = (part.of)(&account);
                    // Spaces around a text are not saved.
                    if part.field.text.with_untracked(|text| text.trim() == saved) {
                        part.field.fill(&saved);
                    } else {
                        is_overtaken |= untrack(|| part.field.is_changed() && part.field.saved() != saved);
                        part.field.rebase(&saved);
                    }
                }
            });
            if is_overtaken {
                is_outdated.set(true);
            }
        });
        Self { form, is_outdated, parts, heading }
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
        } else {
            self.form.refuse(refusal);
        }
    }

    /// The label and the field of each part.
    pub fn fields(self) -> Vec<(&'static str, Field)> {
        self.parts.with_value(|parts| parts.iter().map(|part| (part.label, part.field)).collect())
    }
}
