//! Light or dark: the person's choice. `gate.js` shows it before the first paint, by the attribute `data-theme` of the
//! `html` element. Without the attribute, the stylesheet asks the system.

use leptos::{ev, prelude::*};

use crate::browser;

/// What the person chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Always light.
    Light,
    /// Always dark.
    Dark,
    /// As the system.
    System,
}

/// The `localStorage` key of the choice. `gate.js` uses the same key.
const KEY: &str = "cloakroom.theme";
/// The attribute of the choice.
const ATTRIBUTE: &str = "data-theme";
/// The colour of the browser's own bars while the page is light: as in `document.rs` and `style/tokens.css`.
const LIGHT_GROUND: &str = "#f4f1ea";
/// The colour of the browser's own bars while the page is dark.
const DARK_GROUND: &str = "#141816";

impl Theme {
    /// The choice that the page shows. For the browser only: not while a page is rendered.
    pub fn read() -> Self {
        Self::named(browser::root_attribute(ATTRIBUTE))
    }

    /// Shows the choice, and keeps it. If the browser stores nothing, it is kept until the page is left.
    pub fn choose(self) {
        self.show();
        if let Some(storage) = browser::device_storage() {
            // A full storage takes nothing. The choice then ends with the page.
            let _ = match self.name() {
                Some(name) => storage.set_item(KEY, name),
                None => storage.remove_item(KEY),
            };
        }
    }

    fn show(self) {
        browser::set_or_remove_root_attribute(ATTRIBUTE, self.name());
        let (light, dark) = match self {
            Self::Light => (LIGHT_GROUND, LIGHT_GROUND),
            Self::Dark => (DARK_GROUND, DARK_GROUND),
            Self::System => (LIGHT_GROUND, DARK_GROUND),
        };
        for (system, colour) in [("light", light), ("dark", dark)] {
            let meta = document().query_selector(&format!("meta[name=theme-color][media*={system}]"));
            if let Ok(Some(meta)) = meta {
                // Setting an attribute with a valid name does not fail.
                let _ = meta.set_attribute("content", colour);
            }
        }
    }

    const fn name(self) -> Option<&'static str> {
        match self {
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
            Self::System => None,
        }
    }

    fn named(name: Option<String>) -> Self {
        match name.as_deref() {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }
}

/// From now on, shows what the person chooses in another tab.
pub fn follow_other_tabs() {
    let listening = window_event_listener(ev::storage, |_| {
        Theme::named(browser::device_storage().and_then(|storage| storage.get_item(KEY).ok().flatten())).show();
    });
    // It listens as long as the page lives.
    std::mem::forget(listening);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_read_as_it_is_written_and_anything_else_is_the_system() {
        for theme in [Theme::Light, Theme::Dark, Theme::System] {
            assert_eq!(Theme::named(theme.name().map(str::to_owned)), theme);
        }
        assert_eq!(Theme::named(Some("blue".to_owned())), Theme::System);
    }
}
