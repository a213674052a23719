//! The account that the page shows, and its version. All changes go through here.

use leptos::prelude::*;
use serde::de::DeserializeOwned;

use crate::{
    app::{
        client::{Client, Reply, Request},
        session::Session,
        who,
    },
    error::ApiError,
    model::{Account, Scopes, UserUpdate},
};

/// The account that the page shows.
#[derive(Clone, Copy)]
pub struct Shown {
    client: Client,
    reply: RwSignal<Reply<Account>>,
    /// What the page shows in place of the account, once there is none any more.
    page: RwSignal<Option<Result<Reply<Account>, ApiError>>>,
    /// Whether it is the account of the person who looks at it.
    pub is_own: bool,
}

impl Shown {
    /// The account that has just come. `page` is told when there is none any more.
    pub fn new(reply: Reply<Account>, page: RwSignal<Option<Result<Reply<Account>, ApiError>>>) -> Self {
        let session = expect_context::<Session>();
        let me = untrack(|| session.token()).map(|token| who::username(&token));
        let is_own = me.is_some_and(|me| me == reply.value.username);
        Self { client: Client::from_context(), reply: RwSignal::new(reply), page, is_own }
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

    /// If somebody else has deleted the account, the page says so.
    fn note(self, refusal: ApiError) -> ApiError {
        if refusal.status == 404 {
            self.page.try_set(Some(Err(refusal.clone())));
        }
        refusal
    }
}

/// The scopes of an account.
pub fn scopes_of(account: &Account) -> Scopes {
    Scopes::parse_granted(&account.scopes.join(" "))
}
