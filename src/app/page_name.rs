//! Pages whose title says more than the table of pages knows: `Password · Settings`.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The title that a page has given itself, and the path that it is for.
#[derive(Clone, Copy)]
pub struct PageName(RwSignal<Option<(String, String)>>);

impl PageName {
    /// No page has given itself a title.
    pub fn new() -> Self {
        Self(RwSignal::new(None))
    }

    /// The title of the page at this path, if it has given itself one. Views that read it follow its changes.
    pub fn at(self, path: &str) -> Option<String> {
        self.0.with(|named| named.as_ref().filter(|(of, _)| of == path).map(|(_, title)| title.clone()))
    }
}

/// Gives the page that is shown this title. A change of what it reads makes a new one.
pub fn name(title: impl Fn() -> String + 'static) {
    let name = expect_context::<PageName>();
    let path = use_location().pathname;
    // The path is not followed: a page that is being left would name the next one.
    Effect::new(move || name.0.set(Some((path.get_untracked(), title()))));
}
