//! Asks before changes that are not saved are lost: by a link, by Back and Forward, and by closing the tab.

use std::time::Duration;

use leptos::{
    ev::{BeforeUnloadEvent, MouseEvent, beforeunload, popstate},
    prelude::*,
    task::spawn_local,
};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
    location::Location,
};
use wasm_bindgen::JsCast;

use crate::{
    app::{
        ask::{Ask, discard},
        session::Session,
        stamp,
        table::HOME,
        unsaved::Unsaved,
    },
    browser::{self, js},
};

/// The links that the router follows. Before any other link, the browser itself asks.
const LINKS: &str =
    "a[href]:not([rel~=external], [target], [download], [href^='#'], [href^='http'], [href^='mailto:'])";

/// What the router shows. The address bar is behind it while a page is fetched, and ahead of it after Back.
#[derive(Clone, Copy)]
pub struct Shown(StoredValue<Option<Location>>);

impl Shown {
    /// The path. `None` before there is a router.
    fn path(self) -> Option<String> {
        self.0.try_with_value(|location| Some(location.as_ref()?.pathname.get_untracked()))?
    }

    /// The address, without the part that is scrolled to. `None` before there is a router.
    fn address(self) -> Option<String> {
        self.0.try_with_value(|location| {
            let location = location.as_ref()?;
            let (path, query) = (location.pathname.get_untracked(), location.search.get_untracked());
            Some(if query.is_empty() { path } else { format!("{path}?{query}") })
        })?
    }
}

/// Watches Back and Forward. It must be called before the router is made: a browser calls the listeners of the window in
/// the order in which they were added. They have happened already then: the old address is put back, and is left again
/// if the person wants that.
pub fn watch_history() {
    let (ask, unsaved) = (expect_context::<Ask>(), expect_context::<Unsaved>());
    let session = expect_context::<Session>();
    let shown = Shown(StoredValue::new(None));
    provide_context(shown);
    if !is_browser() {
        return;
    }
    // The login page may have led to what a former user looked at.
    stamp::replace_if_of_another(session);
    let is_asking = StoredValue::new(false);
    let going = window_event_listener(popstate, move |event| {
        stamp::replace_if_of_another(session);
        let Some(here) = shown.address().filter(|_| unsaved.is_any()) else { return };
        // Another part of the page leaves nothing.
        if shown.path() == Some(browser::path()) {
            return;
        }
        event.stop_immediate_propagation();
        browser::push_address(&here);
        stamp::stamp(session);
        // Back was pressed again while the question is open.
        if is_asking.get_value() {
            return;
        }
        is_asking.set_value(true);
        spawn_local(async move {
            let leave = ask.ask(discard()).await;
            is_asking.set_value(false);
            if leave {
                unsaved.forget();
                browser::go_back();
            }
        });
    });
    // It listens as long as the page lives.
    std::mem::forget(going);
}

/// Watches the other ways out of the page. It is called within the router.
pub fn watch() {
    let (session, unsaved) = (expect_context::<Session>(), expect_context::<Unsaved>());
    let shown = use_location();
    expect_context::<Shown>().0.set_value(Some(shown.clone()));
    let navigate = use_navigate();
    Effect::new(move || {
        let Location { pathname, search, hash, .. } = &shown;
        pathname.track();
        search.track();
        hash.track();
        if session.token().is_none() {
            return;
        }
        let navigate = navigate.clone();
        // The router changes the address bar a moment after this.
        set_timeout(
            move || {
                // The tab's own session may have been logged out elsewhere, and the device's session, of another user, taken
                // instead. `former.js` looked at the first one.
                if stamp::is_of_another(session) {
                    navigate(HOME, NavigateOptions { replace: true, ..NavigateOptions::default() });
                } else {
                    stamp::stamp(session);
                }
            },
            Duration::ZERO,
        );
    });
    Effect::new(move || {
        let closing = window_event_listener(beforeunload, move |event: BeforeUnloadEvent| {
            // When the session has ended, nothing can be saved, and nothing is shown any more.
            if unsaved.is_any() && untrack(|| session.token()).is_some() {
                event.prevent_default();
            }
        });
        on_cleanup(move || closing.remove());
    });
}

/// What a click does on its way to a link. The frame listens to it before the router does.
pub fn on_click() -> impl Fn(MouseEvent) {
    let (ask, unsaved) = (expect_context::<Ask>(), expect_context::<Unsaved>());
    let (navigate, shown) = (use_navigate(), expect_context::<Shown>());
    move |event: MouseEvent| {
        let is_plain = event.button() == 0 && !(event.ctrl_key() || event.meta_key() || event.shift_key());
        let link = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .and_then(|element| element.closest(LINKS).ok().flatten());
        let Some(link) = link.filter(|_| is_plain && unsaved.is_any()) else { return };
        // Another part of the list on this page leaves nothing.
        let [path, query] = ["pathname", "search"].map(|name| js::get(&link, name).as_string().unwrap_or_default());
        if shown.path().as_ref() == Some(&path) {
            return;
        }
        let to = path + &query;
        event.prevent_default();
        event.stop_propagation();
        let navigate = navigate.clone();
        spawn_local(async move {
            if ask.ask(discard()).await {
                unsaved.forget();
                navigate(&to, NavigateOptions::default());
            }
        });
    }
}
