//! The session: the bearer token in the browser's storage, and what the pages know about it.
//!
//! The session is stored under one key, [`STORAGE_KEY`]. It is in `sessionStorage`, which is gone with the tab. If the
//! person asked to stay signed in, it is in `localStorage`. The value is the JSON of a [`StoredSession`].

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

/// The key of the session in the browser's storage. It is also the name of the channel on which a tab tells the other
/// tabs about a logout. `gate.js` uses the same key.
pub const STORAGE_KEY: &str = "cloakroom.session";

/// The `localStorage` key of the last logout: its time, in milliseconds of this browser's clock. A tab that had another
/// address open at that moment learns about the logout when it comes back. The time is only compared for equality, as the
/// clock may be set back.
const LOGGED_OUT_KEY: &str = "cloakroom.logged-out-at";

/// How many requests the panel "How this works" remembers.
const REMEMBERED_EXCHANGES: usize = 12;

/// The value in the storage.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSession {
    /// The token endpoint's answer, as it came.
    pub token: Token,
    /// When the token expires, in milliseconds of this browser's clock. The server's clock may differ.
    pub expires_at: u64,
    /// The request that got the token.
    pub login: LoginExchange,
    /// The last logout before this session began.
    #[serde(default)]
    pub last_logout: Option<u64>,
}

impl StoredSession {
    /// A session that begins now.
    pub fn new(token: Token, login: LoginExchange) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a clock's milliseconds fit")]
        let expires_at = browser::now() as u64 + u64::from(token.expires_in) * 1000;
        Self { token, expires_at, login, last_logout: last_logout() }
    }

    /// Whether the person has logged out since this session began.
    fn is_logged_out(&self) -> bool {
        let last = last_logout();
        last.is_some() && last != self.last_logout
    }
}

/// The last logout; `None` if it is not known.
fn last_logout() -> Option<u64> {
    if browser::may_store_on_device() { LocalStorage::get(LOGGED_OUT_KEY).ok() } else { None }
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
    /// Whether the browser lets this site use this storage at all. gloo-storage assumes that it does.
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
        // A token with characters that a header cannot carry is not a token of ours.
        Some(stored).filter(|stored| stored.token.access_token.chars().all(|c| c.is_ascii_graphic()))
    }

    /// Returns whether the write succeeded. The storage may be full.
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
    /// The storage was not read yet: on the server, and in the browser before hydration.
    Unread,
    /// Nobody is signed in.
    Closed,
    /// Somebody is signed in.
    Open(StoredSession, Kept),
}

/// Why a session ended. The login page shows it.
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
    /// A session that is not read yet. In the browser, it is then read from the storage.
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

    /// The state. Views that read it follow its changes.
    pub fn state(self) -> State {
        self.state.get()
    }

    /// The session's user, once known.
    pub fn user(self) -> RwSignal<Option<User>> {
        self.user
    }

    /// The requests that carried the token, oldest first.
    pub fn exchanges(self) -> Vec<Exchange> {
        self.exchanges.get()
    }

    /// Why the last session ended. Views that read it follow its changes.
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

    /// Stores a new session (step 4 of the flow), and starts it.
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

    /// Forgets the recorded requests, for example after a login that failed.
    pub fn forget_exchanges(self) {
        self.exchanges.update(Vec::clear);
    }

    /// Ends the session. If the person logged out, the other tabs are told.
    pub fn end(self, notice: Notice) {
        if self.state.with_untracked(|state| *state == State::Closed) {
            return;
        }
        self.close(notice);
        if notice == Notice::LoggedOut && browser::may_store_on_device() {
            // If the storage is full, tabs with another address open stay signed in until their token expires.
            let _ = LocalStorage::set(LOGGED_OUT_KEY, browser::now() as u64);
        }
        if notice == Notice::LoggedOut
            && let Ok(channel) = BroadcastChannel::new(STORAGE_KEY)
        {
            // If no other tab listens, there is nobody to tell.
            let _ = channel.post_message(&STORAGE_KEY.into());
            channel.close();
        }
    }

    /// Ends the session if it still has this token.
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
            // Another tab may have stored a newer session there. That session must stay.
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

    /// Reads the storage. The stored value may be from an earlier version, expired, or invalid.
    fn read(self) {
        for kept in [Kept::Tab, Kept::Device] {
            let Some(stored) = kept.read() else {
                kept.delete();
                continue;
            };
            if stored.is_logged_out() {
                // The person logged out while this tab had another address open.
                kept.delete();
            } else if stored.expires_at as f64 > browser::now() {
                return self.begin(stored, kept);
            } else {
                // Stop here: another stored session may belong to somebody else.
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

/// Tells the stylesheet which pages to hide. Before the WASM is loaded, `gate.js` does this.
fn set_gate(open: bool) {
    if let Some(root) = document().document_element() {
        // Setting an attribute with a valid name does not fail.
        let _ = root.set_attribute("data-session", if open { "open" } else { "none" });
    }
}
