//! Requests that carry the bearer token: step 5 of the flow. Pages load their data by [`load`].

use futures::channel::oneshot;
use leptos::{prelude::*, task::spawn_local};
use serde::de::DeserializeOwned;

use super::{
    flow::Exchange,
    session::{Notice, Session},
};
use crate::{
    browser::{self, fetch, fetch::Answer},
    error::ApiError,
    model::Token,
};

/// What a page loads from the API.
pub type Loaded<T> = LocalResource<Result<T, ApiError>>;

/// Loads what is at `path`, with the session's token. A page shows it with `Loading`. It is loaded again if the path or
/// the session changes; a request that is under way is finished first. While nobody is signed in it is a 401.
pub fn load<T: DeserializeOwned + 'static>(path: impl Fn() -> String + 'static) -> Loaded<T> {
    let session = expect_context::<Session>();
    let prefetched = expect_context::<Prefetched>();
    LocalResource::new(move || {
        let (path, token) = (path(), session.token());
        async move {
            match (token, prefetched.take(&path).await) {
                (Some(token), Some(asked)) => read(session, &token, asked),
                _ => send(session, "GET", &path, None).await,
            }
        }
    })
}

/// Sends a request with the session's token, and reads the answer. A page that changes something calls this in an
/// `Action`.
///
/// # Errors
/// The server's error answer, or [`ApiError::unreachable`].
pub async fn send<T: DeserializeOwned>(
    session: Session,
    method: &'static str,
    path: &str,
    body: Option<&str>,
) -> Result<T, ApiError> {
    let token = untrack(|| session.token()).ok_or_else(ApiError::not_authenticated)?;
    let asked = ask(&token, method, path, body).await;
    read(session, &token, asked)
}

/// Records the request, and reads its answer. If the server refuses the token or its user, the session ends.
fn read<T: DeserializeOwned>(session: Session, token: &Token, asked: Asked) -> Result<T, ApiError> {
    session.record(asked.exchange);
    let body = asked.answer.ok_or_else(ApiError::unreachable)?.into_body().inspect_err(|refusal| {
        if refusal.status == 401 {
            session.end_of(token, Notice::Expired);
        } else if refusal.is_inactive_user() {
            session.end_of(token, Notice::Disabled);
        }
    })?;
    serde_json::from_str(&body).map_err(|_| ApiError::unreachable())
}

/// A request that was sent.
pub struct Asked {
    /// The answer; `None` if none came.
    pub answer: Option<Answer>,
    exchange: Exchange,
}

/// Sends a request with this token.
async fn ask(token: &Token, method: &'static str, path: &str, body: Option<&str>) -> Asked {
    let started = browser::stopwatch();
    let authorization = format!("Bearer {}", token.access_token);
    let headers = [
        ("Accept", "application/json"),
        ("Authorization", authorization.as_str()),
        ("Content-Type", "application/json"),
    ];
    let sent = if body.is_some() { &headers[..] } else { &headers[..2] };
    let answer = fetch::send(method, path, sent, body).await;
    let exchange = Exchange {
        method,
        path: path.to_owned(),
        status: answer.as_ref().map_or(ApiError::UNREACHABLE, |answer| answer.status),
        started,
        milliseconds: browser::since(started),
    };
    Asked { answer, exchange }
}

/// Requests that the login begins, for the page that comes after it.
#[derive(Clone, Copy)]
pub struct Prefetched(StoredValue<Vec<(&'static str, oneshot::Receiver<Asked>)>>);

/// How long an answer is good for, in milliseconds. After that the page asks again.
const FRESH: u32 = 10_000;

impl Prefetched {
    /// No requests.
    pub fn new() -> Self {
        Self(StoredValue::new(Vec::new()))
    }

    /// Begins `GET path` with this token.
    pub fn begin(self, token: &Token, path: &'static str) {
        let token = token.clone();
        let (answered, asked) = oneshot::channel();
        self.0.update_value(|all| all.push((path, asked)));
        spawn_local(async move {
            // Nobody waits for the answer if the login was refused meanwhile.
            let _ = answered.send(ask(&token, "GET", path, None).await);
        });
    }

    /// Keeps an answer that is there already.
    pub fn keep(self, path: &'static str, asked: Asked) {
        let (answered, kept) = oneshot::channel();
        // The other end is there.
        let _ = answered.send(asked);
        self.0.update_value(|all| all.push((path, kept)));
    }

    /// Takes the answer for a path, if its request was begun a moment ago.
    pub async fn take(self, path: &str) -> Option<Asked> {
        let begun = self.0.try_update_value(|all| {
            let position = all.iter().position(|(of, _)| *of == path)?;
            Some(all.swap_remove(position).1)
        });
        let asked = begun??.await.ok()?;
        (browser::since(asked.exchange.started) < FRESH).then_some(asked)
    }

    /// Forgets all of them.
    pub fn clear(self) {
        self.0.set_value(Vec::new());
    }
}
