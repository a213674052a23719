//! A list that follows the address bar or a search field. While the next answer is on its way, the last one stays. An
//! answer that came too late is dropped.

use leptos::{prelude::*, task::spawn_local};
use serde::de::DeserializeOwned;

use super::{
    client::{Client, Request},
    session::Session,
    who,
};
use crate::error::ApiError;

/// What was loaded last, and whether more is on its way.
pub struct Latest<T: Send + Sync + 'static> {
    /// The last answer; `None` before the first one.
    loaded: RwSignal<Option<Result<T, ApiError>>>,
    /// Whether a newer answer is on its way.
    pending: RwSignal<bool>,
    /// Counts what asks for the same path again.
    again: RwSignal<u32>,
}

impl<T: Send + Sync> Clone for Latest<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync> Copy for Latest<T> {}

/// Loads what is at `path`, with the session's token. It is loaded again if the path or the session changes.
pub fn latest<T: DeserializeOwned + Send + Sync + 'static>(path: impl Fn() -> String + 'static) -> Latest<T> {
    let client = Client::from_context();
    let session = expect_context::<Session>();
    let latest = Latest { loaded: RwSignal::new(None), pending: RwSignal::new(false), again: RwSignal::new(0) };
    let number = StoredValue::new(0_u32);
    let key = who::session_key(session);
    // Effects run in the browser only.
    Effect::new(move || {
        latest.again.track();
        let path = path();
        if key.get().is_none() {
            return;
        }
        number.update_value(|number| *number += 1);
        let mine = number.get_value();
        latest.pending.set(true);
        spawn_local(async move {
            let answer = client.send(Request::get(path)).await.map(|reply| reply.value);
            // The person may have gone on, or left the page.
            if number.try_get_value() == Some(mine) {
                latest.loaded.try_set(Some(answer));
                latest.pending.try_set(false);
            }
        });
    });
    latest
}

impl<T: Clone + Send + Sync> Latest<T> {
    /// The last answer. Views that read it follow its changes.
    pub fn get(self) -> Option<Result<T, ApiError>> {
        self.loaded.try_get().flatten()
    }

    /// Looks at the last answer, if it is a success. `None` if the page was left.
    pub fn with<R>(self, look: impl FnOnce(&T) -> R) -> Option<R> {
        self.loaded.try_with(|loaded| loaded.as_ref()?.as_ref().ok().map(look)).flatten()
    }

    /// Changes what is shown, before the server has answered.
    pub fn change(self, change: impl FnOnce(&mut T)) {
        self.loaded.try_update(|loaded| {
            if let Some(Ok(value)) = loaded {
                change(value);
            }
        });
    }

    /// Whether a newer answer is on its way. Views that read it follow its changes.
    pub fn is_pending(self) -> bool {
        self.pending.get()
    }

    /// Loads it again.
    pub fn refetch(self) {
        self.again.try_update(|again| *again += 1);
    }
}
