//! Tabs: links between the parts of a page. Each part has an address of its own.

use leptos::prelude::*;
use leptos_router::components::A;

/// Links to the parts of a page. The one that is open is marked.
#[component]
pub fn Tabs(
    /// What the parts are of: `Settings`.
    label: &'static str,
    /// The address and the name of each part.
    parts: &'static [(&'static str, &'static str)],
) -> impl IntoView {
    let links = parts.iter().map(|(path, name)| view! { <A href=*path exact=true>{*name}</A> });
    view! {
        <nav class="tabs" aria-label=label>
            {links.collect_view()}
        </nav>
    }
}
