//! Forms: fields that are checked by the rules of `model`, and what the server refuses, at the field that it is about.

use std::sync::Arc;

use leptos::prelude::*;

use super::{components::problem, unsaved::Unsaved};
use crate::{
    browser,
    error::{ApiError, Detail},
    model::BrokenRule,
};

/// The rule of a field: what is wrong with a text, if anything.
type Rule = Arc<dyn Fn(&str) -> Option<BrokenRule> + Send + Sync>;

/// The rule of a field that may stay empty.
pub fn if_given<T>(text: &str, parse: fn(&str) -> Result<T, BrokenRule>) -> Option<BrokenRule> {
    if text.trim().is_empty() { None } else { parse(text).err() }
}

/// A field of a form.
#[derive(Clone, Copy)]
pub struct Field {
    /// The name on the wire.
    pub name: &'static str,
    /// What is typed.
    pub text: RwSignal<String>,
    /// The sentence that is shown below the field.
    pub problem: RwSignal<Option<String>>,
    /// Whether a password is shown as it is typed.
    pub is_shown: RwSignal<bool>,
    /// The name of the form. Two forms on a page may have a field of the same name.
    form: &'static str,
    /// What is saved.
    saved: RwSignal<String>,
    rule: StoredValue<Rule>,
}

impl Field {
    /// The id of the field's element.
    pub fn id(self) -> String {
        format!("{}-{}", self.form, self.name)
    }

    /// Checks what is typed, and shows what is wrong. Returns whether nothing is.
    pub fn check(self) -> bool {
        let broken = self.text.with_untracked(|text| self.rule.with_value(|rule| rule(text)));
        let sentence = broken.map(|broken| broken.sentence.into_owned());
        if self.problem.with_untracked(|shown| *shown != sentence) {
            self.problem.set(sentence);
        }
        self.problem.with_untracked(Option::is_none)
    }

    /// Checks what is typed when the field is left. An empty field that was never saved is not wrong yet. What is said
    /// already stays until something else is typed. While a button is pressed nothing is said: the button would move away
    /// under the pointer.
    pub fn leave(self) {
        // A field is left too when it is taken out of the page.
        let is_silent = self.problem.try_with_untracked(Option::is_none).unwrap_or_default();
        if is_silent && untrack(|| self.is_changed()) && !browser::is_pressed() {
            self.check();
        }
    }

    /// What is typed, as a value. `None` if nothing is, or if it breaks the rule, which the form has checked.
    pub fn value<T>(self, parse: fn(&str) -> Result<T, BrokenRule>) -> Option<T> {
        self.text.with_untracked(|text| if text.trim().is_empty() { None } else { parse(text).ok() })
    }

    /// What a change of the field is in the body of a `PATCH`: `None` leaves the member as it is, and an empty field
    /// removes it.
    pub fn change<T>(self, parse: fn(&str) -> Result<T, BrokenRule>) -> Option<Option<T>> {
        untrack(|| self.is_changed()).then(|| self.value(parse))
    }

    /// What is saved. Views that read it follow its changes.
    pub fn saved(self) -> String {
        self.saved.get()
    }

    /// Whether a problem is shown. Views that read it follow its changes. A field that is left because the page is left
    /// changes while it goes away.
    pub fn is_wrong(self) -> bool {
        self.problem.try_with(Option::is_some).unwrap_or_default()
    }

    /// Puts a text into the field, as saved.
    pub fn fill(self, text: &str) {
        self.text.set(text.to_owned());
        self.saved.set(text.to_owned());
        self.problem.set(None);
    }

    /// What is saved has changed elsewhere. What was typed here stays.
    pub fn rebase(self, saved: &str) {
        if untrack(|| self.is_changed()) {
            self.saved.set(saved.to_owned());
        } else {
            self.fill(saved);
        }
    }

    /// Whether something else is typed than is saved. Views that read it follow its changes. Nothing is, if the form is
    /// gone: a field that has the keyboard focus is left when its dialog closes.
    pub fn is_changed(self) -> bool {
        let is_other = |text: &String| self.saved.try_with(|saved| text != saved);
        self.text.try_with(is_other).flatten().unwrap_or_default()
    }
}

/// A form.
#[derive(Clone, Copy)]
pub struct Form {
    name: &'static str,
    fields: StoredValue<Vec<Field>>,
    /// What is wrong, if it is about no field.
    pub problem: RwSignal<Option<String>>,
}

impl Form {
    /// A form without fields. While something in it is not saved, leaving the page asks first.
    pub fn new(name: &'static str) -> Self {
        let form = Self { name, fields: StoredValue::new(Vec::new()), problem: RwSignal::new(None) };
        if let Some(unsaved) = use_context::<Unsaved>() {
            unsaved.watch(Signal::derive(move || form.is_changed()));
        }
        form
    }

    /// Adds a field, with what is saved now.
    pub fn field(
        self,
        name: &'static str,
        saved: &str,
        rule: impl Fn(&str) -> Option<BrokenRule> + Send + Sync + 'static,
    ) -> Field {
        let field = Field {
            name,
            text: RwSignal::new(saved.to_owned()),
            problem: RwSignal::new(None),
            is_shown: RwSignal::new(false),
            form: self.name,
            saved: RwSignal::new(saved.to_owned()),
            rule: StoredValue::new(Arc::new(rule)),
        };
        self.fields.update_value(|fields| fields.push(field));
        field
    }

    /// Whether something is not saved. Views that read it follow its changes.
    pub fn is_changed(self) -> bool {
        self.fields.try_with_value(|fields| fields.iter().any(|field| field.is_changed())).unwrap_or_default()
    }

    /// The id of the button that sends it.
    pub fn button_id(self) -> String {
        format!("{}-send", self.name)
    }

    /// Checks all fields before they are sent, shows what is wrong, and gives the keyboard focus to the first wrong one.
    /// Passwords that are shown are hidden again: browsers remember the value of a plain text field, and offer it to the
    /// next person. Returns whether nothing is wrong.
    pub fn check(self) -> bool {
        self.problem.set(None);
        self.fields.with_value(|fields| {
            fields.iter().for_each(|field| {
                field.is_shown.set(false);
                field.check();
            })
        });
        self.focus_first_problem()
    }

    /// Shows why the server refused: at the fields that it is about, or else above the button.
    pub fn refuse(self, refusal: &ApiError) {
        let mut rest = None;
        let entries: Vec<(String, String)> = match (&refusal.body.detail, refusal.field()) {
            (Detail::Fields(entries), _) => entries
                .iter()
                .map(|entry| (entry.loc.last().map(ToString::to_string).unwrap_or_default(), entry.msg.to_string()))
                .collect(),
            (Detail::Text(sentence), Some(field)) => vec![(field.to_owned(), sentence.to_string())],
            (Detail::Text(_), None) => {
                rest = Some(problem::change_problem(refusal));
                Vec::new()
            }
        };
        let fields = self.fields.try_get_value().unwrap_or_default();
        for (name, sentence) in entries {
            match fields.iter().find(|field| field.name == name) {
                Some(field) => drop(field.problem.try_set(Some(sentence))),
                None => rest = Some(sentence),
            }
        }
        self.problem.try_set(rest);
        if !fields.is_empty() {
            self.focus_first_problem();
        }
    }

    /// What is typed is saved now.
    pub fn saved(self) {
        self.fields.with_value(|fields| fields.iter().for_each(|field| field.fill(&field.text.get_untracked())));
        self.problem.set(None);
    }

    /// Goes back to what is saved.
    pub fn reset(self) {
        self.fields.with_value(|fields| {
            fields.iter().for_each(|field| field.fill(&field.saved.get_untracked()));
        });
        self.problem.set(None);
    }

    /// Returns whether no field has a problem.
    fn focus_first_problem(self) -> bool {
        let first = self.fields.try_with_value(|fields| {
            fields.iter().copied().find(|field| field.problem.with_untracked(Option::is_some))
        });
        match first.flatten() {
            Some(field) => {
                // After the problem is on the page: then it is read out with the field.
                let id = field.id();
                request_animation_frame(move || browser::focus(&id));
                false
            }
            None => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use leptos::reactive::owner::Owner;

    use super::*;
    use crate::model::FullName;

    #[test]
    fn only_what_changed_is_sent_and_an_empty_text_removes() {
        Owner::new().with(|| {
            let changed = |saved, text: &str| {
                let field = Form::new("x").field("full_name", saved, |_| None);
                field.text.set(text.to_owned());
                field.change(FullName::parse).map(|name| name.map(String::from))
            };
            assert_eq!(changed("Ada", "Ada"), None);
            assert_eq!(changed("", ""), None);
            assert_eq!(changed("Ada", " "), Some(None));
            assert_eq!(changed("Bob", " Ada "), Some(Some("Ada".to_owned())));
        });
    }
}
