//! The session: who is signed in, as far as the pages know.

mod stored;

use leptos::prelude::*;
use wasm_bindgen::closure::Closure;
use web_sys::BroadcastChannel;

pub use self::stored::{Kept, STORAGE_KEY, StoredSession};
use super::flow::Exchange;
use crate::{
    browser::{self, js},
    model::{Scopes, Token},
};

/// How many requests the panel "How this works" remembers.
const REMEMBERED_EXCHANGES: usize = 12;

/// What a page knows about the session.
#[derive(Clone, PartialEq)]
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
    /// The person logged out, and the server could not be told.
    LoggedOutHere,
    /// The person deleted the account.
    Deleted,
}

impl Notice {
    const ALL: [Self; 5] = [Self::Expired, Self::Disabled, Self::LoggedOut, Self::LoggedOutHere, Self::Deleted];

    /// A name for it, to keep it while the login page is loaded.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Disabled => "disabled",
            Self::LoggedOut => "logged-out",
            Self::LoggedOutHere => "logged-out-here",
            Self::Deleted => "deleted",
        }
    }
}

/// The session, shared by all pages.
#[derive(Clone, Copy)]
pub struct Session {
    state: RwSignal<State>,
    exchanges: RwSignal<Vec<Exchange>>,
    notice: RwSignal<Option<Notice>>,
}

/// Tells the server that a token is good no more, with its session (RFC 7009). Nobody reads whether the server was told.
pub fn revoke(token: &Token) {
    // A token has no character that a form would escape.
    browser::post_and_forget("/revoke", &format!("token={}", token.access_token));
}

impl Session {
    /// A session that is not read yet.
    pub fn new() -> Self {
        Self { state: RwSignal::new(State::Unread), exchanges: RwSignal::new(Vec::new()), notice: RwSignal::new(None) }
    }

    /// The state. Views that read it follow its changes.
    pub fn state(self) -> State {
        self.state.get()
    }

    /// The requests that carried the token, in the order they were begun.
    pub fn exchanges(self) -> Vec<Exchange> {
        self.exchanges.get()
    }

    /// Why the last session ended. Views that read it follow its changes.
    pub fn notice(self) -> RwSignal<Option<Notice>> {
        self.notice
    }

    /// The token to send, if there is a session. Views that read it follow its changes.
    pub fn token(self) -> Option<Token> {
        self.state.with(|state| match state {
            State::Open(stored, _) => Some(stored.token.clone()),
            State::Unread | State::Closed => None,
        })
    }

    /// Remembers a request that carried the token.
    pub fn record(self, exchange: Exchange) {
        self.exchanges.update(|exchanges| {
            let position = exchanges.iter().position(|earlier| earlier.started > exchange.started);
            exchanges.insert(position.unwrap_or(exchanges.len()), exchange);
            let surplus = exchanges.len().saturating_sub(REMEMBERED_EXCHANGES);
            exchanges.drain(..surplus);
        });
    }

    /// Stores a new session (step 4 of the flow), and starts it.
    pub fn open(self, stored: StoredSession, on_this_device: bool) {
        let stored = stored.begun_now();
        Kept::Tab.delete();
        let wanted = if on_this_device { Kept::Device } else { Kept::Tab };
        let kept = [wanted, Kept::Tab].into_iter().find(|kept| kept.write(&stored)).unwrap_or(Kept::Page);
        self.begin(stored, kept);
    }

    /// Goes on with another token of the same user, and stores it where the present one is. If another tab has stored another session
    /// there, which may be another user's, that one stays.
    pub fn renew(self, stored: StoredSession) {
        if let State::Open(present, kept) = self.state.get_untracked() {
            let is_own = kept.read().is_none_or(|there| there.token.is_same(&present.token));
            let kept = if !is_own {
                Kept::Page
            } else if kept.write(&stored) {
                kept
            } else {
                // The old token must not come back with a reload.
                kept.delete();
                Kept::Page
            };
            self.show(State::Open(stored, kept));
        }
    }

    /// The user has no more than these scopes now. The server cuts the token's scopes down to them; so does the session,
    /// for what is drawn.
    pub fn narrow(self, scopes: Scopes) {
        if let State::Open(mut stored, _) = self.state.get_untracked() {
            let kept = scopes.union(Scopes::OFFLINE_ACCESS);
            stored.token.scope = Scopes::parse_granted(&stored.token.scope).intersection(kept).to_string();
            self.renew(stored);
        }
    }

    /// Whether the session is kept on this device, for other tabs and later visits.
    pub fn is_kept_on_device(self) -> bool {
        matches!(self.state.get_untracked(), State::Open(_, Kept::Device))
    }

    /// Whether the token has expired, by this browser's clock.
    pub fn has_expired(self) -> bool {
        matches!(self.state.get_untracked(), State::Open(stored, _) if stored.expires_at <= browser::now())
    }

    /// Goes on with the next token of the same session, if it still has this one.
    pub fn go_on(self, token: &Token, next: Token) {
        if let State::Open(stored, _) = self.state.get_untracked()
            && stored.token.is_same(token)
        {
            self.renew(stored.with_next(next));
        }
    }

    /// The session that another tab has stored on this device, if this one is kept there too.
    pub fn stored_elsewhere(self) -> Option<StoredSession> {
        match self.state.get_untracked() {
            State::Open(_, Kept::Device) => Kept::Device.read(),
            _ => None,
        }
    }

    /// Goes on with a session that another tab has stored.
    pub fn go_on_with(self, stored: StoredSession) {
        self.show(State::Open(stored, Kept::Device));
    }

    fn begin(self, stored: StoredSession, kept: Kept) {
        self.notice.set(None);
        self.show(State::Open(stored, kept));
    }

    /// Ends the session. If the person logged out, the other tabs are told.
    pub fn end(self, notice: Notice) {
        if self.state.with_untracked(|state| *state == State::Closed) {
            return;
        }
        self.close(notice);
        if !matches!(notice, Notice::LoggedOut | Notice::LoggedOutHere) {
            return;
        }
        Kept::Device.delete();
        stored::remember_logout();
        if let Ok(channel) = BroadcastChannel::new(STORAGE_KEY) {
            // If no other tab listens, there is nobody to tell.
            js::call(&channel, "postMessage", &[STORAGE_KEY.into()]);
            js::call(&channel, "close", &[]);
        }
    }

    /// Tells the server that the session is over. It may be a session of its own, beside that of the tab that was told.
    fn revoke(self) {
        if let Some(token) = untrack(|| self.token()) {
            revoke(&token);
        }
    }

    /// Ends the session if it still has this token.
    pub fn end_of(self, token: &Token, notice: Notice) {
        if untrack(|| self.token()).is_some_and(|current| current.is_same(token)) {
            self.end(notice);
        }
    }

    /// Forgets the session without a word: another login begins.
    pub fn forget(self) {
        if let State::Open(stored, kept) = self.state.get_untracked() {
            revoke(&stored.token);
            kept.delete();
            self.show(State::Closed);
        }
    }

    fn close(self, notice: Notice) {
        if let State::Open(stored, kept) = self.state.get_untracked() {
            // Another tab may have stored a newer session there. That session must stay.
            if kept.read().is_none_or(|there| there.token.is_same(&stored.token)) {
                kept.delete();
            }
        }
        if matches!(notice, Notice::LoggedOut | Notice::LoggedOutHere) {
            Kept::Tab.delete();
        }
        self.notice.set(Some(notice));
        self.show(State::Closed);
    }

    fn show(self, state: State) {
        if state == State::Closed {
            self.exchanges.update(Vec::clear);
        }
        self.state.set(state);
    }

    /// Reads the storage. The stored value may be from an earlier version, expired, or invalid.
    pub fn read(self) {
        let note = browser::take_note();
        if let Some(notice) = Notice::ALL.into_iter().find(|notice| note.as_deref() == Some(notice.name())) {
            // A session has just ended. Another stored session may belong to somebody else.
            self.notice.set(Some(notice));
            return self.show(State::Closed);
        }
        for kept in [Kept::Tab, Kept::Device] {
            let Some(stored) = kept.read() else {
                kept.delete();
                continue;
            };
            if stored.is_logged_out() {
                // The person logged out while this tab had another address open. It may be a session of its own.
                revoke(&stored.token);
                kept.delete();
                self.notice.set(Some(Notice::LoggedOut));
            } else if stored.is_renewable() || stored.expires_at > browser::now() {
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

    /// From now on, ends the session when another tab says that the person logged out. The login page does not listen, so
    /// it looks first whether that has happened while these pages were fetched.
    pub fn follow_other_tabs(self) {
        let Ok(channel) = BroadcastChannel::new(STORAGE_KEY) else { return };
        let heard = Closure::<dyn Fn()>::new(move || {
            if matches!(self.state.get_untracked(), State::Open(..)) {
                self.revoke();
                self.close(Notice::LoggedOut);
            }
        });
        js::call(&channel, "addEventListener", &["message".into(), heard.as_ref().clone()]);
        if matches!(self.state.get_untracked(), State::Open(stored, _) if stored.is_logged_out()) {
            self.revoke();
            self.close(Notice::LoggedOut);
        }
        // Both live as long as the page.
        heard.forget();
        std::mem::forget(channel);
    }
}
