//! The region of a list: how long it is, what is shown of it, and the pager.

use leptos::prelude::*;

use super::{
    place::{LIST, Place},
    wanted::{SIZES, Wanted},
};
use crate::{
    app::components::pager::{Pager, Part},
    browser::locale,
};

/// The region. It can have the keyboard focus.
#[component]
pub fn ListRegion(
    /// The part of the list that is wanted.
    place: Place,
    /// What the list is of: `Items`.
    label: &'static str,
    /// The words for one entry and for more: `item` and `items`.
    words: (&'static str, &'static str),
    /// How many entries there are in all; `None` if nothing was loaded.
    #[prop(into)]
    count: Signal<Option<i64>>,
    /// What is shown.
    children: Children,
) -> impl IntoView {
    let said = move || {
        let is_search =
            place.answered.with(|answered| answered.as_ref().is_some_and(|answered| !answered.q.is_empty()));
        let count = count.get().filter(|count| is_search || *count > 0)?;
        let number = if count == 0 { "No".to_owned() } else { locale::number(count) };
        let word = if count == 1 { words.0 } else { words.1 };
        Some(format!("{number} {word}{}", if is_search { " found" } else { "" }))
    };
    view! {
        <section id=LIST tabindex="-1" aria-label=label>
            <p class="hint list-count" role="status">
                {said}
            </p>
            {children()}
            <Pages place count />
        </section>
    }
    .into_any()
}

/// The pager, if there is anything to show.
#[component]
fn Pages(place: Place, count: Signal<Option<i64>>) -> impl IntoView {
    let part = Memo::new(move |_| {
        let count = count.get().filter(|count| *count > 0)?;
        let part = place.wanted.with(|wanted| Part { page: wanted.page, size: wanted.size, count });
        Some(Part { page: part.page.min(part.pages()), ..part })
    });
    move || {
        let part = part.get()?;
        // The links are about the same search.
        let wanted = StoredValue::new(place.wanted.get());
        let to = move |page| Wanted { page, ..wanted.get_value() };
        Some(view! {
            <Pager
                part
                href=move |page| place.address(&to(page))
                go=move |page| place.go(&to(page))
                sizes=SIZES
                resize=move |size| place.resize(size)
            />
        })
    }
}
