//! The account that the page shows, and its version. All changes go through here.

use leptos::prelude::*;
use serde::de::DeserializeOwned;

use crate::{
    app::{
        client::{Client, Reply, Request},
        session::Session,
        unsaved::Unsaved,
        who,
    },
    browser,
    error::ApiError,
    model::{Account, Scopes, UserUpdate},
};

/// The id of the element that says that the account is gone.
pub const GONE: &str = "gone";

/// The account that the page shows.
#[derive(Clone, Copy)]
pub struct Shown {
    client: Client,
    reply: RwSignal<Reply<Account>>,
    /// Whether somebody else has deleted the account.
    is_gone: RwSignal<bool>,
    unsaved: Unsaved,
    /// Whether it is the account of the person who looks at it.
    pub is_own: bool,
}

impl Shown {
    /// The account that has just come.
    pub fn new(reply: Reply<Account>) -> Self {
        let session = expect_context::<Session>();
        let me = untrack(|| session.token()).map(|token| who::username(&token));
        let is_own = me.is_some_and(|me| me == reply.value.username);
        let unsaved = expect_context();
        Self {
            client: Client::from_context(),
            reply: RwSignal::new(reply),
            is_gone: RwSignal::new(false),
            unsaved,
            is_own,
        }
    }

    /// The account as it was last seen. Views that read it follow its changes.
    pub fn account(self) -> Account {
        self.reply.with(|reply| reply.value.clone())
    }

    /// The username. It never changes.
    pub fn username(self) -> String {
        self.reply.with_untracked(|reply| reply.value.username.clone())
    }

    /// Changes the account, if it is still as it is shown. If it is not, the answer is a 412, and the account is shown as
    /// it is by then.
    pub async fn change(self, update: UserUpdate) -> Result<(), ApiError> {
        let reply = self.send::<Account>(|path| Request::patch(path, &update)).await?;
        self.reply.try_set(reply);
        Ok(())
    }

    /// Deletes the account, if it is still as it is shown.
    pub async fn delete(self) -> Result<(), ApiError> {
        self.send::<()>(Request::delete).await.map(drop)
    }

    /// Sends a request that holds for the version that is shown.
    async fn send<T: DeserializeOwned>(self, request: impl FnOnce(String) -> Request) -> Result<Reply<T>, ApiError> {
        let seen = self.reply.try_with_untracked(|reply| (reply.value.username.clone(), reply.etag.clone()));
        let (username, etag) = seen.ok_or_else(ApiError::unreachable)?;
        let path = format!("/users/{username}");
        let answer = self.client.send(request(path.clone()).if_match(etag)).await;
        let status = answer.as_ref().err().map(|refusal| refusal.status);
        if status == Some(412) {
            match self.client.send(Request::get(path)).await {
                Ok(reply) => drop(self.reply.try_set(reply)),
                Err(refusal) => return Err(self.note(refusal)),
            }
        }
        answer.map_err(|refusal| self.note(refusal))
    }

    /// If somebody else has deleted the account, the page says so. What was typed stays: it may be needed elsewhere.
    fn note(self, refusal: ApiError) -> ApiError {
        if refusal.status == 404 {
            self.is_gone.try_set(true);
            // Nothing can be saved: nobody asks.
            self.unsaved.forget();
            request_animation_frame(|| browser::focus(GONE));
        }
        refusal
    }

    /// Whether somebody else has deleted the account. Views that read it follow its changes.
    pub fn is_gone(self) -> bool {
        self.is_gone.get()
    }
}

/// The scopes of an account.
pub fn scopes_of(account: &Account) -> Scopes {
    Scopes::parse_granted(&account.scopes.join(" "))
}
