//! Another tab of the same user may have a newer token: the password was typed there. Then this tab goes on with it.

use leptos::prelude::*;

use super::{session::Session, who};
use crate::model::Token;

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
