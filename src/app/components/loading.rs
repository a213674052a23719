//! A part of a page that is loaded from the API.

use leptos::prelude::*;

use super::problem::LoadProblem;
use crate::{app::client::Loaded, browser};

/// Shows what was loaded, a skeleton until it is there, and a problem with a retry if it does not come.
#[component]
pub fn Loading<T, V>(
    /// What is loaded.
    from: Loaded<T>,
    /// What it is called: `Your items`.
    what: &'static str,
    /// How many lines the skeleton has.
    lines: usize,
    /// Draws what was loaded.
    children: fn(T) -> V,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let shown = move || match from.get()? {
        Ok(loaded) => Some(children(loaded).into_any()),
        // The storage is not read yet, or the session has ended and the page is being left.
        Err(refusal) if refusal.status == 401 => Some(skeleton(what, lines).into_any()),
        Err(refusal) => {
            let retry = move || {
                // The button goes away, and the keyboard focus with it.
                browser::focus_heading();
                from.refetch();
            };
            Some(view! { <LoadProblem what refusal retry /> }.into_any())
        }
    };
    view! { <Suspense fallback=move || skeleton(what, lines)>{shown}</Suspense> }.into_any()
}

/// Placeholder lines, as many and as high as the lines that will load.
fn skeleton(what: &'static str, lines: usize) -> impl IntoView {
    view! {
        <div class="skeleton" role="status" aria-label=format!("{what}: loading")>
            {(0..lines).map(|_| view! { <span></span> }).collect_view()}
        </div>
    }
}
