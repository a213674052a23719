//! Light or dark.

use leptos::prelude::*;

use crate::app::components::theme_choice::ThemeChoice;

/// The part "Appearance".
#[component]
pub fn Appearance() -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="part">
            <h2 id="part">"Appearance"</h2>
            <ThemeChoice name="theme" legend="Light or dark?" explained=true />
            <p class="hint">"The choice is kept in this browser, and holds for everybody who uses it."</p>
        </section>
    }
    .into_any()
}
