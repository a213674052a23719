//! Two versions of an item, side by side: somebody else changed it while it was edited here.

use leptos::prelude::*;

use crate::{browser, model::Item};

/// The id of the sentence that has the keyboard focus.
const SENTENCE: &str = "item-conflict";

/// Shows both versions, and lets the person choose.
#[component]
pub fn Conflict(
    /// The item as it is typed here.
    yours: Item,
    /// The item as it is on the server.
    theirs: Item,
    /// What is wrong.
    problem: RwSignal<Option<String>>,
    /// Whether the answer is on its way.
    busy: RwSignal<bool>,
    /// Saves what is typed here.
    keep: impl Fn() + 'static,
    /// Leaves the item as it is on the server.
    take: impl Fn() + 'static,
) -> impl IntoView {
    Effect::new(|| request_animation_frame(|| browser::focus(SENTENCE)));
    let keep = move |_| {
        if !busy.get_untracked() {
            keep();
        }
    };
    let differs = (yours.title != theirs.title, yours.description != theirs.description);
    view! {
        <div class="form">
            <p id=SENTENCE tabindex="-1">
                "Somebody changed this item while you edited it. What differs is marked. Which one should stay?"
            </p>
            <div class="versions">
                {version("Yours", yours, differs)} {version("As it is now", theirs, differs)}
            </div>
            <div class="alert" role="alert">
                {move || problem.get().map(|problem| view! { <p class="problem">{problem}</p> })}
            </div>
            <div class="actions" aria-busy=move || busy.get().to_string()>
                <button type="button" class="quiet" on:click=move |_| take()>
                    "Take theirs"
                </button>
                <button type="button" class="button" on:click=keep>
                    <span class="spinner" aria-hidden="true"></span>
                    "Keep mine"
                </button>
            </div>
        </div>
    }
}

fn version(heading: &'static str, item: Item, differs: (bool, bool)) -> impl IntoView {
    let member = |label: &'static str, text: Option<String>, differs: bool| {
        let text = text.unwrap_or_else(|| "None".to_owned());
        view! {
            <dt>{label}</dt>
            <dd>
                {if differs {
                    view! { <mark dir="auto">{text}</mark> }.into_any()
                } else {
                    view! { <span dir="auto">{text}</span> }.into_any()
                }}
            </dd>
        }
    };
    view! {
        <section class="version" aria-label=heading>
            <h3>{heading}</h3>
            <dl>
                {member("Title", item.title, differs.0)} {member("Description", item.description, differs.1)}
            </dl>
        </section>
    }
}
