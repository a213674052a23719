//! A newer token of the same user. Another tab may have it: the password was typed there. Or it is still on its way: a new
//! password has ended the old token. Requests of that time wait for it, in all tabs that have the session.

use leptos::prelude::*;

use super::{session::Session, who};
use crate::{
    browser::lock::{self, Held},
    model::Token,
};

/// The lock of the tab that gets a new token.
const LOCK: &str = "cloakroom.renewal";

/// What is known of the new token.
#[derive(Clone, Copy)]
pub struct Renewal {
    /// The last token that ended without a new one.
    failed: RwSignal<Option<Token>>,
}

impl Renewal {
    /// Nothing is renewed.
    pub fn new() -> Self {
        Self { failed: RwSignal::new(None) }
    }

    /// Begins. It is over when the result is dropped.
    pub fn begin(self) -> Held {
        lock::hold(LOCK)
    }

    /// This token has ended, and there is no new one.
    pub fn fail(self, token: Option<Token>) {
        self.failed.try_set(token);
    }

    /// Whether this token has ended without a new one. Views that read it follow its changes.
    pub fn has_failed(self, token: &Token) -> bool {
        self.failed.with(|failed| failed.as_ref() == Some(token))
    }

    /// Waits for what is under way, in any tab. Returns whether the session has another token than this one by then.
    pub async fn wait_for_newer(self, session: Session, token: &Token) -> bool {
        lock::wait(LOCK).await;
        go_on_with_newer(session, token)
    }
}

/// Goes on with a newer token of the same user that another tab has stored on this device. Returns whether the session
/// has another token than this one by now.
pub fn go_on_with_newer(session: Session, token: &Token) -> bool {
    match untrack(|| session.token()) {
        // This tab has ended the session.
        None => return false,
        // Another call of this tab was refused too, and has found the newer token.
        Some(current) if current != *token => return true,
        Some(_) => {}
    }
    match session.stored_elsewhere() {
        Some(newer) if newer.token != *token && who::username(&newer.token) == who::username(token) => {
            session.go_on_with(newer);
            true
        }
        _ => false,
    }
}
