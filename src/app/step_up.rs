//! Sensitive calls want a token whose user typed the password a moment ago (RFC 9470, "step-up"). The client asks here for
//! the password, and one dialog answers all that wait.

use futures::channel::oneshot;
use leptos::prelude::*;

/// Those who wait until the password was typed again.
#[derive(Clone, Copy)]
pub struct StepUp(RwSignal<Vec<oneshot::Sender<bool>>>);

impl StepUp {
    /// Nobody waits.
    pub fn new() -> Self {
        Self(RwSignal::new(Vec::new()))
    }

    /// Asks the person for the password. Returns whether the session has a new token.
    pub async fn ask(self) -> bool {
        let (answered, answer) = oneshot::channel();
        if self.0.try_update(|waiting| waiting.push(answered)).is_none() {
            // The page is being left.
            return false;
        }
        answer.await.unwrap_or_default()
    }

    /// Whether somebody waits. Views that read it follow its changes.
    pub fn is_asked(self) -> bool {
        self.0.with(|waiting| !waiting.is_empty())
    }

    /// Tells all that wait whether the session has a new token.
    pub fn answer(self, is_renewed: bool) {
        for waiting in self.0.try_update(std::mem::take).unwrap_or_default() {
            // Nobody waits any more if the page was left.
            let _ = waiting.send(is_renewed);
        }
    }
}
