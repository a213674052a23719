//! What is said in the place of the rows if there are none.

use leptos::prelude::*;

use crate::app::components::list::place::Place;

/// No item fits the search.
#[component]
pub fn NothingFound(
    /// The search.
    q: String,
    /// The list that was searched.
    place: Place,
) -> impl IntoView {
    view! {
        <div class="empty">
            <p>"No item contains “" <bdi>{q}</bdi> "”."</p>
            <p class="hint">"The search looks at titles, descriptions and numbers."</p>
            <button type="button" class="quiet" on:click=move |_| place.clear_search()>
                "Clear the search"
            </button>
        </div>
    }
    .into_any()
}

/// There are no items at all.
#[component]
pub fn NothingHere(
    /// Whether the list is the user's own.
    may_create: bool,
    /// Whether the user may change items.
    may_write: Signal<bool>,
    /// Opens the dialog that makes an item.
    add: impl Fn() + Copy + Send + 'static,
) -> impl IntoView {
    if !may_create {
        return view! {
            <div class="empty">
                <p>"Nothing on the hooks."</p>
                <p class="hint">"This user has left no items here."</p>
            </div>
        }
        .into_any();
    }
    let add_button = move || {
        may_write.get().then(|| {
            view! {
                <button type="button" class="quiet" on:click=move |_| add()>
                    "Add your first item"
                </button>
            }
        })
    };
    view! {
        <div class="empty">
            <p>"Nothing on your hooks yet."</p>
            <p class="hint">
                "An item is something that you leave here: an umbrella, a coat. It has a title, and a description if you like."
            </p>
            {add_button}
        </div>
    }
    .into_any()
}
