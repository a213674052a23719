//! The field that searches a list while the person types.

use std::time::Duration;

use leptos::{ev::SubmitEvent, leptos_dom::helpers::debounce, prelude::*};

use super::{
    place::{Place, SEARCH},
    wanted::{LONGEST_SEARCH, searchable},
};

/// How long the person may pause while typing before the list is searched.
const PAUSE: Duration = Duration::from_millis(200);

/// The field. Enter searches without a pause.
#[component]
pub fn SearchField(
    /// The list that is searched.
    place: Place,
    /// What is searched: `Search items`.
    label: &'static str,
    /// What stands in the empty field.
    placeholder: &'static str,
) -> impl IntoView {
    let q = move || place.wanted.with(|wanted| wanted.q.clone());
    let typed = RwSignal::new(untrack(q));
    // What is in the address because it was typed here.
    let searched = StoredValue::new(untrack(q));
    // What is in the field when the pause is over: it may have been emptied meanwhile.
    let search = move |()| {
        let q = typed.with_untracked(|text| searchable(text));
        searched.set_value(q.clone());
        place.search(q);
    };
    let mut search_later = debounce(PAUSE, search);
    // Back, Forward and links change the address too.
    Effect::new(move || {
        let q = q();
        if searched.with_value(|searched| *searched != q) {
            searched.set_value(q.clone());
            typed.set(q);
        }
    });
    let input = move |event| {
        typed.set(event_target_value(&event));
        search_later(());
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        search(());
    };
    view! {
        <form class="search" role="search" on:submit=submit>
            <input
                id=SEARCH
                type="search"
                aria-label=label
                placeholder=placeholder
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                maxlength=LONGEST_SEARCH
                dir="auto"
                prop:value=typed
                on:input=input
            />
        </form>
    }
    .into_any()
}
