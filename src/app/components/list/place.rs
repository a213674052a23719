//! The part of a list that is wanted. It is in the query of the page's address, so that Back, a reload and a link lead to
//! it. A page has one list.

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};
use serde::de::DeserializeOwned;

use super::{page_size, wanted::Wanted};
use crate::{
    app::{
        components::pager::Part,
        latest::{Latest, latest},
        table::find,
    },
    browser,
    model::Page,
};

/// The id of the list's element. It has the keyboard focus when what had it is gone.
pub const LIST: &str = "list";
/// The id of the search field.
pub const SEARCH: &str = "search";

/// The part of the list that is wanted, and the way to other parts.
#[derive(Clone, Copy)]
pub struct Place {
    /// The part that is wanted.
    pub wanted: Memo<Wanted>,
    /// The part that the last answer is about; `None` before the first one.
    pub answered: RwSignal<Option<Wanted>>,
    path: Memo<String>,
    /// The size of a page that was chosen last on this device.
    remembered: RwSignal<Option<u32>>,
    navigate: Callback<(String, NavigateOptions)>,
}

impl Place {
    /// The part that the address of this page says.
    pub fn of_this_page() -> Self {
        let location = use_location();
        let (path, query) = (location.pathname, location.search);
        let remembered = RwSignal::new(None);
        // Before the list is asked for. The server knows of no size.
        Effect::new(move || remembered.set(page_size::remembered()));
        let page = move || path.with(|path| find(path).map(|page| page.title));
        let here = untrack(page);
        let wanted = Memo::new(move |before: Option<&Wanted>| {
            let now = query.with(|query| Wanted::read(query, remembered.get()));
            // When the page is being left, the query is another page's.
            before.filter(|_| page() != here).cloned().unwrap_or(now)
        });
        // The pager is drawn anew. The keyboard focus goes to the part that comes.
        Effect::new(move |before: Option<Wanted>| {
            let now = wanted.get();
            if before.is_some_and(|before| before.q == now.q && before != now) {
                browser::focus(LIST);
            }
            now
        });
        let navigate = use_navigate();
        let navigate = Callback::new(move |(address, options): (String, _)| navigate(&address, options));
        Self { wanted, answered: RwSignal::new(None), path, remembered, navigate }
    }

    /// Loads the part that is wanted from the list that the API has at `api`. If there are fewer pages than the address
    /// says, the last one is shown.
    pub fn load<T>(self, api: impl Fn() -> String + 'static) -> Latest<Page<T>>
    where
        T: Clone + DeserializeOwned + Send + Sync + 'static,
    {
        let loaded = latest::<Page<T>>(move || self.wanted.with(|wanted| wanted.request(&api())));
        Effect::new(move || {
            let answer = loaded.with(|page| (page.data.is_empty(), page.count));
            let Some((is_empty, count)) = answer.filter(|_| !loaded.is_pending()) else { return };
            let wanted = self.wanted.get_untracked();
            let last = Part { page: 1, size: wanted.size, count }.pages();
            if is_empty && wanted.page > last {
                self.replace(&Wanted { page: last, ..wanted });
            } else {
                self.answered.set(Some(wanted));
            }
        });
        loaded
    }

    /// The address of a part of the list.
    pub fn address(self, of: &Wanted) -> String {
        of.address(&self.path.get_untracked(), self.remembered.get_untracked())
    }

    /// Goes to a part of the list. Back leads to the part that was shown before.
    pub fn go(self, to: &Wanted) {
        self.navigate.run((self.address(to), NavigateOptions::default()));
    }

    /// Searches the list. The address takes the place of the present one: nobody wants to go back letter by letter.
    pub fn search(self, q: String) {
        let now = self.wanted.get_untracked();
        if now.q != q {
            self.replace(&Wanted { q, page: 1, ..now });
        }
    }

    /// Shows the whole list again.
    pub fn clear_search(self) {
        self.search(String::new());
        browser::focus(SEARCH);
    }

    /// Changes the size of a page, and remembers it. The first entry that was shown is shown still.
    pub fn resize(self, size: u32) {
        let to = self.wanted.get_untracked().resized(size);
        page_size::remember(size);
        self.remembered.set(Some(size));
        self.go(&to);
    }

    fn replace(self, to: &Wanted) {
        let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
        self.navigate.run((self.address(to), options));
    }
}
