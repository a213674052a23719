//! The way in after a login. The way out is in `way_out.rs`.

use std::{pin::Pin, time::Duration};

use leptos::{ev, mount::mount_to, prelude::*, reactive::owner::WeakOwner, task::spawn_local};

use super::{
    client::Prefetched,
    next,
    pages::View,
    session::{Session, State},
    table::{self, Audience, Page},
};
use crate::browser;

/// Fetches what draws a page for those who are signed in: see `signed_in.rs`. `None` if it does not come.
pub type Loader = fn(&'static Page) -> Pin<Box<dyn Future<Output = Option<View>>>>;

/// How long the person waits for the pages before they are told that something is wrong.
const PATIENCE: Duration = Duration::from_secs(20);

/// Opens the pages of those who are signed in when the session begins, and hides them when it ends.
#[derive(Clone, Copy)]
pub struct Entrance {
    /// The session.
    pub session: Session,
    /// Requests that were begun for the page behind the entrance.
    pub prefetched: Prefetched,
    loader: Loader,
    /// The owner of what is on the page. The context that all pages share belongs to it.
    owner: StoredValue<Option<WeakOwner>>,
    /// Whether the pages of those who are signed in are shown.
    entered: StoredValue<bool>,
    /// Whether their WASM did not come.
    failed: RwSignal<bool>,
}

impl Entrance {
    /// Begins with the page that the server rendered.
    pub fn new(session: Session, loader: Loader, entered: bool) -> Self {
        let entrance = Self {
            session,
            prefetched: Prefetched::new(),
            loader,
            owner: StoredValue::new(Owner::current().map(|owner| owner.downgrade())),
            entered: StoredValue::new(entered),
            failed: RwSignal::new(false),
        };
        // Effects run in the browser only.
        Effect::new(move |before: Option<()>| {
            if before.is_none() {
                session.read();
                entrance.follow_history();
            }
            match (session.state(), entrance.entered.get_value()) {
                (State::Unread, _) => {}
                (State::Open(..), false) => entrance.enter(),
                (State::Open(..), true) => show_pages_for("open"),
                (State::Closed, false) => entrance.stay(false),
                // The frame leaves: see `way_out.rs`.
                (State::Closed, true) => show_pages_for("none"),
            }
        });
        entrance
    }

    /// Fetches the WASM behind the entrance ahead of time. If that fails, [`Entrance::enter`] tries again.
    pub fn prepare(self) {
        let loading = (self.loader)(next_page());
        spawn_local(async {
            let _ = loading.await;
        });
    }

    /// Whether the person is signed in, and the pages are still on their way.
    pub fn is_on_the_way(self) -> bool {
        matches!(self.session.state(), State::Open(..)) && !self.failed()
    }

    /// Whether the WASM behind the entrance did not come.
    pub fn failed(self) -> bool {
        self.failed.get()
    }

    /// Opens the page that the person asked for, as soon as its WASM is there. Nothing is loaded again, and nothing turns
    /// white: the new page takes the place of the login page.
    pub fn enter(self) {
        let is_second_try = self.failed.get_untracked();
        self.failed.set(false);
        let loading = (self.loader)(next_page());
        set_timeout(move || self.miss(is_second_try), PATIENCE);
        spawn_local(async move {
            let owner = self.owner.get_value().and_then(|owner| owner.upgrade());
            match (loading.await, owner, browser::app_element()) {
                // The session may have ended meanwhile.
                _ if !self.is_waiting() => {}
                (Some(view), Some(owner), Some(element)) => {
                    self.entered.set_value(true);
                    browser::replace_address(&next::after_login(browser::query_parameter("next")));
                    show_pages_for("open");
                    // The form leaves the page. Its password does not stay in memory.
                    browser::empty_field("password");
                    element.replace_children_with_node_0();
                    owner.with(|| mount_to(element, view)).forget();
                    // The keyboard focus was in the form.
                    request_animation_frame(browser::focus_heading);
                }
                _ => self.miss(is_second_try),
            }
        });
    }

    /// Whether somebody is signed in and waits for the pages.
    fn is_waiting(self) -> bool {
        matches!(untrack(|| self.session.state()), State::Open(..)) && !self.entered.get_value()
    }

    /// The WASM did not come. A server with a new version of the program no longer has the old files: so the second time,
    /// the page is loaded anew.
    fn miss(self, is_second_try: bool) {
        if !self.is_waiting() || self.failed.get_untracked() {
            return;
        }
        if is_second_try && browser::is_online() {
            return browser::reload();
        }
        browser::empty_field("password");
        self.stay(true);
    }

    /// Shows the page of those who are not signed in.
    fn stay(self, failed: bool) {
        show_pages_for("none");
        self.failed.set(failed);
    }

    /// From now on, loads the page that the person goes back or forward to, if it is on the other side of the entrance. To
    /// the browser, pages on both sides may be parts of the same document.
    fn follow_history(self) {
        let listening = window_event_listener(ev::popstate, move |_| {
            let is_signed_in = |page: &Page| page.audience == Audience::SignedIn;
            if table::find(&browser::path()).is_some_and(|page| is_signed_in(page) != self.entered.get_value()) {
                browser::reload();
            }
        });
        // It listens as long as the page lives.
        std::mem::forget(listening);
    }
}

/// The page that the login leads to.
fn next_page() -> &'static Page {
    next::page_after_login(browser::query_parameter("next"))
}

/// The stylesheet hides the pages that do not fit this. Before the WASM is there, `gate.js` sets it.
fn show_pages_for(session: &str) {
    browser::set_root_attribute("data-session", session);
}
