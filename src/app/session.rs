//! The session: the bearer token in the browser's storage, and what the pages know about it.
//!
//! One key, [`STORAGE_KEY`], in `sessionStorage` (gone with the tab) or, where the person asked to stay signed in, in
//! `localStorage`. Its value is the JSON of a [`StoredSession`].

use gloo_storage::{LocalStorage, SessionStorage, Storage};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::BroadcastChannel;

use super::{
    browser,
    flow::{Exchange, LoginExchange},
};
use crate::model::{Token, User};

/// The key of the session in the browser's storage, and the name of the channel on which tabs tell each other that it
/// ended. `gate.js` knows it too.
pub const STORAGE_KEY: &str = "cloakroom.session";

/// The key in `localStorage` of when the person last logged out, in milliseconds of this browser's clock: a tab that was
/// elsewhere at that moment learns it when it comes back.
const LOGGED_OUT_KEY: &str = "cloakroom.logged-out-at";

/// How many requests the panel "How this works" remembers.
const REMEMBERED_EXCHANGES: usize = 12;

/// What is kept in the storage.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSession {
    /// The token endpoint's answer, as it came.
    pub token: Token,
    /// When the token expires, in milliseconds of this browser's clock: the server's may differ.
    pub expires_at: u64,
    /// How the token was got.
    pub login: LoginExchange,
}

impl StoredSession {
    /// When the token was handed out, in milliseconds of this browser's clock.
    fn began_at(&self) -> u64 {
        self.expires_at.saturating_sub(u64::from(self.token.expires_in) * 1000)
    }
}

/// When the person last logged out; 0 where that is not known.
fn logged_out_at() -> u64 {
    if browser::may_store_on_device() { LocalStorage::get(LOGGED_OUT_KEY).unwrap_or_default() } else { 0 }
}

/// Where the session is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// `sessionStorage`: until the tab is closed.
    Tab,
    /// `localStorage`: on this device.
    Device,
    /// The browser refused both: until the page is reloaded.
    Page,
}

impl Kept {
    /// Whether the browser lets this site store anything there at all. gloo-storage takes that for granted.
    fn is_allowed(self) -> bool {
        match self {
            Self::Tab => browser::may_store_in_tab(),
            Self::Device => browser::may_store_on_device(),
            Self::Page => false,
        }
    }

    fn read(self) -> Option<StoredSession> {
        let stored: StoredSession = match self {
            Self::Tab if self.is_allowed() => SessionStorage::get(STORAGE_KEY).ok()?,
            Self::Device if self.is_allowed() => LocalStorage::get(STORAGE_KEY).ok()?,
            _ => return None,
        };
        // What fits no header is no token.
        Some(stored).filter(|stored| stored.token.access_token.chars().all(|c| c.is_ascii_graphic()))
    }

    /// Tells whether it worked: the storage may be full.
    fn write(self, stored: &StoredSession) -> bool {
        match self {
            Self::Tab if self.is_allowed() => SessionStorage::set(STORAGE_KEY, stored).is_ok(),
            Self::Device if self.is_allowed() => LocalStorage::set(STORAGE_KEY, stored).is_ok(),
            _ => false,
        }
    }

    fn delete(self) {
        match self {
            Self::Tab if self.is_allowed() => SessionStorage::delete(STORAGE_KEY),
            Self::Device if self.is_allowed() => LocalStorage::delete(STORAGE_KEY),
            _ => {}
        }
    }
}

/// What a page knows about the session.
#[derive(Clone, PartialEq, Eq)]
pub enum State {
    /// The storage was not read yet: on the server, and in the browser until it is hydrated.
    Unread,
    /// Nobody is signed in.
    Closed,
    /// Somebody is.
    Open(StoredSession, Kept),
}

/// Why a session ended, for the login page to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The token expired, or the server refused it.
    Expired,
    /// The account was disabled.
    Disabled,
    /// The person logged out, here or in another tab.
    LoggedOut,
}

/// The session, shared by all pages.
#[derive(Clone, Copy)]
pub struct Session {
    state: RwSignal<State>,
    user: RwSignal<Option<User>>,
    exchanges: RwSignal<Vec<Exchange>>,
    notice: RwSignal<Option<Notice>>,
}

impl Session {
    /// A session that is read from the storage as soon as there is a browser.
    pub fn new() -> Self {
        let session = Self {
            state: RwSignal::new(State::Unread),
            user: RwSignal::new(None),
            exchanges: RwSignal::new(Vec::new()),
            notice: RwSignal::new(None),
        };
        // Effects run in the browser only.
        Effect::new(move || {
            session.read();
            session.follow_other_tabs();
        });
        session
    }

    /// The state, for views to follow.
    pub fn state(self) -> State {
        self.state.get()
    }

    /// Whose session it is, once known.
    pub fn user(self) -> RwSignal<Option<User>> {
        self.user
    }

    /// The requests that carried the token, oldest first.
    pub fn exchanges(self) -> Vec<Exchange> {
        self.exchanges.get()
    }

    /// Why the last session ended, for views to follow.
    pub fn notice(self) -> RwSignal<Option<Notice>> {
        self.notice
    }

    /// The token to send, if there is a session.
    pub fn token(self) -> Option<Token> {
        match self.state.get_untracked() {
            State::Open(stored, _) => Some(stored.token),
            State::Unread | State::Closed => None,
        }
    }

    /// Remembers a request that carried the token.
    pub fn record(self, exchange: Exchange) {
        self.exchanges.update(|exchanges| {
            exchanges.push(exchange);
            let surplus = exchanges.len().saturating_sub(REMEMBERED_EXCHANGES);
            exchanges.drain(..surplus);
        });
    }

    /// Keeps a new session (step 4 of the flow), and begins it.
    pub fn open(self, stored: StoredSession, on_this_device: bool) {
        Kept::Tab.delete();
        let wanted = if on_this_device { Kept::Device } else { Kept::Tab };
        let kept = [wanted, Kept::Tab].into_iter().find(|kept| kept.write(&stored)).unwrap_or(Kept::Page);
        self.begin(stored, kept);
    }

    fn begin(self, stored: StoredSession, kept: Kept) {
        self.notice.set(None);
        self.show(State::Open(stored, kept));
    }

    /// Forgets the requests of a login that came to nothing.
    pub fn forget_exchanges(self) {
        self.exchanges.update(Vec::clear);
    }

    /// Ends the session, and tells the other tabs where the person wanted that.
    pub fn end(self, notice: Notice) {
        if self.state.with_untracked(|state| *state == State::Closed) {
            return;
        }
        self.close(notice);
        if notice == Notice::LoggedOut && browser::may_store_on_device() {
            // A full storage leaves the tabs that are elsewhere signed in until their token expires.
            let _ = LocalStorage::set(LOGGED_OUT_KEY, browser::now() as u64);
        }
        if notice == Notice::LoggedOut
            && let Ok(channel) = BroadcastChannel::new(STORAGE_KEY)
        {
            // Without a listener there is nobody to tell.
            let _ = channel.post_message(&STORAGE_KEY.into());
            channel.close();
        }
    }

    /// Ends the session if it is still the one of this token.
    pub fn end_of(self, token: &Token, notice: Notice) {
        if self.token().is_some_and(|current| current == *token) {
            self.end(notice);
        }
    }

    fn close(self, notice: Notice) {
        if notice == Notice::LoggedOut {
            Kept::Tab.delete();
            Kept::Device.delete();
        } else if let State::Open(stored, kept) = self.state.get_untracked() {
            // Another tab may have kept a newer session there, which is none of this one's business.
            if kept.read().is_none_or(|there| there.token == stored.token) {
                kept.delete();
            }
        }
        self.notice.set(Some(notice));
        self.show(State::Closed);
    }

    fn show(self, state: State) {
        let open = matches!(state, State::Open(..));
        if !open {
            self.forget_exchanges();
            self.user.set(None);
        }
        set_gate(open);
        self.state.set(state);
    }

    /// Reads the storage: what is there may be from an earlier version, expired, or nonsense.
    fn read(self) {
        let logged_out_at = logged_out_at();
        for kept in [Kept::Tab, Kept::Device] {
            let Some(stored) = kept.read() else {
                kept.delete();
                continue;
            };
            if stored.began_at() < logged_out_at {
                // The person logged out while this tab was elsewhere.
                kept.delete();
            } else if stored.expires_at as f64 > browser::now() {
                return self.begin(stored, kept);
            } else {
                // Not on to another session that may be kept: it may be somebody else's.
                kept.delete();
                self.notice.set(Some(Notice::Expired));
                break;
            }
        }
        self.show(State::Closed);
    }

    /// Ends the session when another tab says that the person logged out.
    fn follow_other_tabs(self) {
        let Ok(channel) = BroadcastChannel::new(STORAGE_KEY) else { return };
        let heard = Closure::<dyn Fn()>::new(move || {
            if self.token().is_some() {
                self.close(Notice::LoggedOut);
            }
        });
        channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        // Both live as long as the page.
        heard.forget();
        std::mem::forget(channel);
    }
}

/// Tells the stylesheet which kind of page may be seen, as `gate.js` did before the WASM was there.
fn set_gate(open: bool) {
    if let Some(root) = document().document_element() {
        // Setting an attribute with a proper name does not fail.
        let _ = root.set_attribute("data-session", if open { "open" } else { "none" });
    }
}
