//! The form in the dialog "New API key".

use leptos::prelude::*;

use super::API;
use crate::{
    app::{
        client::{Client, Request},
        components::{
            fields::{FormFrame, TextField},
            scope_choices::ScopeChoices,
        },
        form::Form,
        session::Session,
        who,
    },
    browser,
    model::{ApiKey, ApiKeyCreate, BrokenRule, KeyLifetime, KeyName, Scopes},
};

const DAY: i64 = 24 * 60 * 60;

/// How long a key can be good for: the seconds, and the words. The first one is chosen at the beginning.
const LIFETIMES: [(Option<i64>, &str); 5] = [
    (Some(30 * DAY), "30 days"),
    (Some(7 * DAY), "7 days"),
    (Some(90 * DAY), "90 days"),
    (Some(365 * DAY), "1 year"),
    (None, "No end"),
];

/// The form. The scopes to choose from are those of the person's own token.
#[component]
pub fn NewKey(open: RwSignal<bool>, is_changed: RwSignal<bool>, made: Callback<ApiKey>) -> impl IntoView {
    let client = Client::from_context();
    let own = untrack(|| who::scopes(expect_context::<Session>())).intersection(Scopes::ALL);
    let form = Form::new("new-key");
    let name = form.field("name", "", |text| KeyName::parse(text).err());
    let scopes = form.field("scopes", "", |text| text.is_empty().then(nothing_chosen));
    let lifetime = form.field("expires_in", "0", |_| None);
    Effect::new(move || is_changed.set(form.is_changed()));
    on_cleanup(move || {
        is_changed.try_set(false);
    });
    // The dialog is opened by another effect, and gives the keyboard focus to its first button.
    Effect::new(move || request_animation_frame(move || browser::focus(&name.id())));

    let create = Action::new_local(move |body: &ApiKeyCreate| {
        let request = Request::post(API, body);
        async move { client.send::<ApiKey>(request).await.map(|created| created.value) }
    });
    Effect::new(move || match create.value().get() {
        Some(Ok(key)) => {
            form.saved();
            open.set(false);
            made.run(key);
        }
        Some(Err(refusal)) => form.refuse(&refusal),
        None => {}
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
        view! { <option value=position.to_string()>{*words}</option> }
    });
    let id = lifetime.id();
    view! {
        <FormFrame form label="Make the key" busy_label="Making it…" busy=create.pending() submit>
            <TextField field=name label="Name" hint="What uses it: backup of the laptop." is_name=true />
            <ScopeChoices field=scopes offered=own />
            <div class="field">
                <label for=id.clone()>"Good for"</label>
                <select
                    id=id
                    prop:value=lifetime.text
                    on:change=move |event| lifetime.text.set(event_target_value(&event))
                >
                    {options.collect_view()}
                </select>
            </div>
        </FormFrame>
    }
    .into_any()
}

fn nothing_chosen() -> BrokenRule {
    BrokenRule::value("scopes", "Choose at least one scope: without any, the key opens nothing")
}
