//! A newer token of the same user. The browser gets it by the session's refresh token, before the present token expires. Or another
//! tab has it: it has renewed the session, or the password was typed there. Or it is still on its way: a new password has ended the
//! old token. Requests of that time wait for it. All of this is done under one lock, so that of all tabs one asks the server.

use leptos::prelude::*;

use super::{
    flow::Exchange,
    session::{Session, State, StoredSession, revoke},
    who,
};
use crate::{
    browser::{
        self,
        lock::{self, Held},
    },
    error::ApiError,
    model::Token,
    oauth2::{self, Grant, RefreshTokenForm},
};

/// The lock of the tab that gets a new token.
const LOCK: &str = "cloakroom.renewal";
/// How many renewals the panel "How this works" remembers.
const REMEMBERED: usize = 3;

/// What is known of the new token.
#[derive(Clone, Copy)]
pub struct Renewal {
    /// The last token that ended without a new one.
    failed: RwSignal<Option<Token>>,
    /// The last token whose session the server would not renew.
    refused: RwSignal<Option<Token>>,
    /// The last requests that asked for a new token.
    exchanges: RwSignal<Vec<Exchange>>,
}

/// How the attempt to get a newer token ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewed {
    /// The session has a newer token.
    Newer,
    /// The server does not give one.
    Refused,
    /// The server did not answer, or could not. It may be tried again.
    NoAnswer,
}

impl Renewal {
    /// Nothing is renewed.
    pub fn new() -> Self {
        Self { failed: RwSignal::new(None), refused: RwSignal::new(None), exchanges: RwSignal::new(Vec::new()) }
    }

    /// Begins to replace the token by another login, when no other tab does so. It is over when the result is dropped.
    pub async fn begin(self) -> Held {
        lock::take(LOCK).await
    }

    /// This token has ended, and there is no new one.
    pub fn fail(self, token: Option<Token>) {
        self.failed.try_set(token);
    }

    /// Whether this token has ended without a new one. Views that read it follow its changes.
    pub fn has_failed(self, token: &Token) -> bool {
        self.failed.with(|failed| failed.as_ref().is_some_and(|failed| failed.is_same(token)))
    }

    /// Whether the browser can get the next token by itself. Views that read it follow its changes.
    pub fn is_possible(self, stored: &StoredSession) -> bool {
        stored.is_renewable() && !self.was_refused(&stored.token)
    }

    /// Waits for what is under way, in any tab. If there is no newer token than this one by then, asks the server for it.
    pub async fn renew(self, session: Session, token: &Token) -> Renewed {
        let under_way = self.begin().await;
        let decided = if go_on_with_newer(session, token) {
            Some(Renewed::Newer)
        } else {
            let is_open = matches!(untrack(|| session.state()), State::Open(stored, _) if self.is_possible(&stored));
            (!is_open).then_some(Renewed::Refused)
        };
        if let Some(decided) = decided {
            // Nothing is stored: the next one need not wait.
            under_way.let_go();
            return decided;
        }
        let form = RefreshTokenForm { refresh_token: None, session_id: who::session_id(token), scope: None };
        let started = browser::stopwatch();
        let answer = oauth2::token(Grant::RefreshToken(form)).await;
        let status = answer.as_ref().map_or_else(|refusal| refusal.status, |_| 200);
        let (path, milliseconds) = ("/token".to_owned(), browser::since(started));
        self.record(Exchange { method: "POST", path, token: String::new(), status, started, milliseconds });
        match answer {
            Ok(next) => {
                session.go_on(token, next);
                Renewed::Newer
            }
            Err(ApiError { status: 400 | 401, .. }) => {
                self.refused.try_set(Some(token.clone()));
                Renewed::Refused
            }
            Err(_) => Renewed::NoAnswer,
        }
    }

    /// The last requests that asked for a new token, in their order. Views that read them follow their changes.
    pub fn exchanges(self) -> Vec<Exchange> {
        self.exchanges.get()
    }

    fn record(self, exchange: Exchange) {
        self.exchanges.try_update(|exchanges| {
            exchanges.push(exchange);
            let surplus = exchanges.len().saturating_sub(REMEMBERED);
            exchanges.drain(..surplus);
        });
    }

    fn was_refused(self, token: &Token) -> bool {
        self.refused.try_with(|refused| refused.as_ref().is_some_and(|refused| refused.is_same(token))).unwrap_or(true)
    }
}

/// Goes on with a newer token of the same user that another tab has stored on this device. Returns whether the session
/// has another token than this one by now.
pub fn go_on_with_newer(session: Session, token: &Token) -> bool {
    match untrack(|| session.token()) {
        // This tab has ended the session.
        None => return false,
        // Another call of this tab was refused too, and has found the newer token.
        Some(current) if !current.is_same(token) => return true,
        Some(_) => {}
    }
    match session.stored_elsewhere() {
        Some(newer) if !newer.token.is_same(token) && who::username(&newer.token) == who::username(token) => {
            if who::session_id(&newer.token) != who::session_id(token) {
                // The person has logged in anew there. Nobody goes on with this one.
                revoke(token);
            }
            session.go_on_with(newer);
            true
        }
        _ => false,
    }
}
