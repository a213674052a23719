//! Scopes as checkboxes, each with the sentence that says what it opens.

use leptos::prelude::*;

use super::fields::Problem;
use crate::{app::form::Field, model::Scopes};

/// The scopes. The field's text is the list of those that are ticked, as [`Scopes`] writes it.
#[component]
pub fn ScopeChoices(
    /// The field.
    field: Field,
    /// The scopes to choose from.
    #[prop(default = Scopes::ALL)]
    offered: Scopes,
) -> impl IntoView {
    let chosen = move || field.text.with(|text| Scopes::parse_granted(text));
    let choice = move |(name, sentence): (&'static str, &'static str)| {
        let scope = Scopes::parse_granted(name);
        let change = move |event| {
            let chosen = untrack(chosen);
            let chosen = if event_target_checked(&event) { chosen.union(scope) } else { chosen.without(scope) };
            field.text.set(chosen.to_string());
            field.problem.set(None);
        };
        let id = format!("{}-{}", field.id(), name.replace(':', "-"));
        let described_by = format!("{id}-hint");
        view! {
            <div class="choice">
                <input
                    type="checkbox"
                    id=id.clone()
                    aria-describedby=described_by.clone()
                    prop:checked=move || chosen().contains(scope)
                    on:change=change
                />
                <label for=id>
                    <code>{name}</code>
                </label>
                <p class="hint" id=described_by>
                    {sentence}
                </p>
            </div>
        }
    };
    view! {
        <fieldset class="choices" id=field.id() tabindex="-1">
            <legend>"Scopes"</legend>
            {offered.describe().map(choice).collect_view()}
            <Problem field />
        </fieldset>
    }
    .into_any()
}
