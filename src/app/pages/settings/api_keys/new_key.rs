//! The form in the dialog "New API key".

use leptos::prelude::*;

use crate::{
    app::{
        components::{
            fields::{FormFrame, Problem, TextField},
            scope_choices::ScopeChoices,
        },
        form::Form,
        session::Session,
        who,
    },
    browser,
    error::ApiError,
    model::{ApiKey, ApiKeyCreate, BrokenRule, KeyLifetime, KeyName, Scopes},
};

const DAY: i64 = 24 * 60 * 60;

/// When a key can expire: after how many seconds, and the words.
const LIFETIMES: [(Option<i64>, &str); 5] = [
    (Some(7 * DAY), "In 7 days"),
    (Some(30 * DAY), "In 30 days"),
    (Some(90 * DAY), "In 90 days"),
    (Some(365 * DAY), "In a year"),
    (None, "Never"),
];
/// The one that is chosen at the beginning.
const USUAL: &str = "1";

/// What makes a key.
type Create = Action<ApiKeyCreate, Result<ApiKey, ApiError>>;

/// The form. The scopes to choose from are those of the person's own token.
#[component]
pub fn NewKey(create: Create, is_changed: RwSignal<bool>) -> impl IntoView {
    let own = untrack(|| who::scopes(expect_context::<Session>())).intersection(Scopes::ALL);
    let form = Form::new("new-key");
    let name = form.field("name", "", |text| KeyName::parse(text).err());
    let scopes = form.field("scopes", "", |text| text.is_empty().then(nothing_chosen));
    let lifetime = form.field("expires_in", USUAL, |_| None);
    Effect::new(move || is_changed.set(form.is_changed()));
    on_cleanup(move || {
        is_changed.try_set(false);
    });
    // The dialog is opened by another effect, and gives the keyboard focus to its first button.
    Effect::new(move || request_animation_frame(move || browser::focus(&name.id())));
    Effect::new(move || {
        if let Some(Err(refusal)) = create.value().get() {
            form.refuse(&refusal);
        }
    });
    let submit = move || {
        let Some(name) = name.value(KeyName::parse) else { return };
        let chosen = lifetime.text.with_untracked(|text| text.parse().unwrap_or_default());
        create.dispatch_local(ApiKeyCreate {
            name,
            scopes: scopes.text.with_untracked(|text| Scopes::parse_granted(text)),
            expires_in: LIFETIMES.get::<usize>(chosen).and_then(|(seconds, _)| KeyLifetime::new((*seconds)?).ok()),
        });
    };
    let options = LIFETIMES.iter().enumerate().map(|(position, (_, words))| {
        let value = position.to_string();
        view! { <option value=value.clone() selected=value == USUAL>{*words}</option> }
    });
    let id = lifetime.id();
    view! {
        <FormFrame form label="Make the key" busy_label="Making it…" busy=create.pending() submit>
            <TextField field=name label="Name" hint="What uses it: backup of the laptop." is_name=true />
            <ScopeChoices field=scopes offered=own />
            <div class="field">
                <label for=id.clone()>"Expires"</label>
                <select
                    id=id.clone()
                    aria-describedby=format!("{id}-problem")
                    on:change=move |event| lifetime.text.set(event_target_value(&event))
                >
                    {options.collect_view()}
                </select>
                <Problem field=lifetime />
            </div>
        </FormFrame>
    }
    .into_any()
}

fn nothing_chosen() -> BrokenRule {
    BrokenRule::value("scopes", "Choose at least one scope: without any, the key opens nothing")
}
