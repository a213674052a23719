//! The top of the pages of those who are signed in.

use leptos::prelude::*;
use leptos_router::components::A;

use super::mark::Brand;
use crate::app::table::menu;

/// The brand, and a link to each page if there are several.
#[component]
pub fn Menu() -> impl IntoView {
    let links = || menu().map(|(path, page)| view! { <A href=path>{page.title}</A> }).collect_view();
    view! {
        <header class="top needs-session">
            <Brand />
            {(menu().count() > 1).then(|| view! { <nav aria-label="Pages">{links()}</nav> })}
        </header>
    }
}
