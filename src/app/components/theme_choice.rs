//! The choice between light and dark. It is in the settings and in the user's menu.

use leptos::{ev, prelude::*};

use crate::app::theme::Theme;

/// What all choices on the page show.
#[derive(Clone, Copy)]
pub struct ChosenTheme(RwSignal<Theme>);

impl ChosenTheme {
    /// Reads what was chosen, and follows what is chosen in another tab.
    pub fn new() -> Self {
        let chosen = RwSignal::new(Theme::System);
        let read = move || {
            chosen.try_set(Theme::read());
        };
        // Effects run in the browser only.
        Effect::new(move || {
            read();
            // After the theme itself has heard of it.
            let listening = window_event_listener(ev::storage, move |_| request_animation_frame(read));
            on_cleanup(move || listening.remove());
        });
        Self(chosen)
    }
}

/// The choices, each with its name and what it means.
const CHOICES: [(Theme, &str, &str); 3] = [
    (Theme::Light, "Light", "Always light."),
    (Theme::Dark, "Dark", "Always dark."),
    (Theme::System, "System", "As this device is set. If it changes in the evening, so does this page."),
];

/// Three radio buttons.
#[component]
pub fn ThemeChoice(
    /// The name of the radio buttons. Two choices on a page need two names.
    name: &'static str,
    /// What is chosen.
    legend: &'static str,
    /// Whether it is said what each choice means.
    #[prop(optional)]
    explained: bool,
) -> impl IntoView {
    let ChosenTheme(chosen) = expect_context();
    let choice = move |(theme, label, meaning): (Theme, &'static str, &'static str)| {
        let id = format!("{name}-{}", label.to_lowercase());
        let meaning_id = format!("{id}-meaning");
        view! {
            <div class="choice">
                <input
                    type="radio"
                    id=id.clone()
                    name=name
                    aria-describedby=explained.then(|| meaning_id.clone())
                    prop:checked=move || chosen.get() == theme
                    on:change=move |_| {
                        theme.choose();
                        chosen.set(theme);
                    }
                />
                <label for=id>{label}</label>
                {explained.then(|| view! { <p class="hint" id=meaning_id>{meaning}</p> })}
            </div>
        }
    };
    view! {
        <fieldset class="theme-choice" class:brief=!explained>
            <legend>{legend}</legend>
            <div>{CHOICES.map(choice).collect_view()}</div>
        </fieldset>
    }
    .into_any()
}
