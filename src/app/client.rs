//! Requests that carry the bearer token: step 5 of the flow. Pages load their data by [`load`], and change it by
//! [`Client::send`].

use futures::channel::oneshot;
use leptos::{prelude::*, task::spawn_local};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    flow::{Exchange, shortened},
    renewal::{Renewal, Renewed, go_on_with_newer},
    session::{Notice, Session},
    step_up::StepUp,
    who,
};
use crate::{
    browser::{self, fetch, fetch::Answer},
    error::{ApiError, ErrorBody},
    model::Token,
};

/// How many times a request is repeated with a newer token.
const MOST_RENEWALS: u32 = 3;

/// What a page loads from the API.
pub type Loaded<T> = LocalResource<Result<T, ApiError>>;

/// Loads what is at `path`, with the session's token. A page shows it with `Loading`. It is loaded again if the path or
/// the session changes; a request that is under way is finished first. While nobody is signed in it is a 401.
pub fn load<T: DeserializeOwned + 'static>(path: impl Fn() -> String + 'static) -> Loaded<T> {
    let client = Client::from_context();
    let session = who::session_key(client.session);
    LocalResource::new(move || {
        let path = path();
        session.track();
        async move { client.send(Request::get(path)).await.map(|reply| reply.value) }
    })
}

/// A request of a page.
#[derive(Clone, Debug)]
pub struct Request {
    method: &'static str,
    path: String,
    body: Option<String>,
    if_match: Option<String>,
    ends_its_token: bool,
}

impl Request {
    /// `GET path`.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: "GET", path: path.into(), body: None, if_match: None, ends_its_token: false }
    }

    /// `POST path`, with this JSON.
    pub fn post(path: impl Into<String>, body: &impl Serialize) -> Self {
        Self { method: "POST", ..Self::get(path) }.with(body)
    }

    /// `PUT path`, with this JSON.
    pub fn put(path: impl Into<String>, body: &impl Serialize) -> Self {
        Self { method: "PUT", ..Self::get(path) }.with(body)
    }

    /// `PATCH path`, with this JSON.
    pub fn patch(path: impl Into<String>, body: &impl Serialize) -> Self {
        Self { method: "PATCH", ..Self::get(path) }.with(body)
    }

    /// `DELETE path`.
    pub fn delete(path: impl Into<String>) -> Self {
        Self { method: "DELETE", ..Self::get(path) }
    }

    /// Makes the change only if the resource still has this version (RFC 9110 §13.1.1). Otherwise the answer is a 412.
    pub fn if_match(self, etag: Option<String>) -> Self {
        Self { if_match: etag, ..self }
    }

    /// A success ends the token that the request carries. So nothing is waited for that waits for this request.
    pub fn ends_its_token(self) -> Self {
        Self { ends_its_token: true, ..self }
    }

    /// Adds a body. The types of `model` can always be written as JSON.
    fn with(self, body: &impl Serialize) -> Self {
        Self { body: serde_json::to_string(body).ok(), ..self }
    }
}

/// The answer of a success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply<T> {
    /// The content. `()` for an answer without one.
    pub value: T,
    /// The version of the content, for [`Request::if_match`].
    pub etag: Option<String>,
}

/// What sends requests with the session's token.
#[derive(Clone, Copy)]
pub struct Client {
    session: Session,
    prefetched: Prefetched,
    step_up: StepUp,
    renewal: Renewal,
}

impl Client {
    /// The client of this page.
    pub fn from_context() -> Self {
        Self {
            session: expect_context(),
            prefetched: expect_context(),
            step_up: expect_context(),
            renewal: expect_context(),
        }
    }

    /// Sends a request, and reads the answer. If the call needs the password again, the person is asked for it, and the
    /// request is repeated. It is repeated too if the token is refused and there is a newer one, here or in another tab, or
    /// soon will be.
    ///
    /// # Errors
    /// The server's error answer, or [`ApiError::unreachable`]. If the person does not want to type the password, it is
    /// the answer that asked for it ([`ApiError::is_stale_token`]).
    pub async fn send<T: DeserializeOwned>(self, request: Request) -> Result<Reply<T>, ApiError> {
        let mut renewals = 0;
        loop {
            let mut token = untrack(|| self.session.token()).ok_or_else(ApiError::not_authenticated)?;
            // The computer may have slept. A renewal takes less time than a refused request and a renewal.
            if !request.ends_its_token
                && self.session.has_expired()
                && self.renewal.renew(self.session, &token).await == Renewed::Newer
            {
                token = untrack(|| self.session.token()).ok_or_else(ApiError::not_authenticated)?;
            }
            let prefetched = match request.method {
                "GET" => self.prefetched.take(&request.path).await,
                _ => None,
            };
            let asked = match prefetched {
                Some(asked) => asked,
                None => ask(&token, &request).await,
            };
            match self.read(asked) {
                Err(refusal) if refusal.is_stale_token() => {
                    if !self.step_up.ask().await {
                        return Err(refusal);
                    }
                }
                // The server has done nothing yet.
                Err(refusal) if refusal.status == 401 => match self.newer(&token, request.ends_its_token).await {
                    // A server that refuses new tokens as well is not asked for ever.
                    Renewed::Newer if renewals < MOST_RENEWALS => renewals += 1,
                    Renewed::NoAnswer => return Err(ApiError::unreachable()),
                    Renewed::Newer | Renewed::Refused => {
                        self.session.end_of(&token, Notice::Expired);
                        return Err(refusal);
                    }
                },
                read => {
                    if read.as_ref().is_err_and(ApiError::is_inactive_user) {
                        self.session.end_of(&token, Notice::Disabled);
                    }
                    return read;
                }
            }
        }
    }

    /// Looks for a newer token than this one, which the server refuses. If a new one is on its way, that is waited for. Otherwise the
    /// session is renewed. If a new password has ended this one, the person is asked for it.
    async fn newer(self, token: &Token, ends_its_token: bool) -> Renewed {
        if go_on_with_newer(self.session, token) {
            return Renewed::Newer;
        }
        let renewed = if ends_its_token { Renewed::Refused } else { self.renewal.renew(self.session, token).await };
        // What ends its token has the lock that the dialog needs.
        let may_ask = renewed == Renewed::Refused && !ends_its_token;
        if may_ask && untrack(|| self.renewal.has_failed(token)) && self.step_up.ask().await {
            return Renewed::Newer;
        }
        renewed
    }

    /// Records the request, and reads its answer.
    fn read<T: DeserializeOwned>(self, asked: Asked) -> Result<Reply<T>, ApiError> {
        self.session.record(asked.exchange);
        let answer = asked.answer.ok_or_else(ApiError::unreachable)?;
        let (etag, text) = (answer.etag.clone(), answer.body.clone());
        let body = answer.into_body().map_err(|refusal| with_fields(refusal, &text))?;
        let content = if body.is_empty() { "null" } else { &body };
        let value = serde_json::from_str(content).map_err(|_| ApiError::unreachable())?;
        Ok(Reply { value, etag })
    }
}

/// `POST path` without a token, with this JSON.
///
/// # Errors
/// The server's error answer, or [`ApiError::unreachable`].
pub async fn post_anonymously(path: &str, body: &impl Serialize) -> Result<(), ApiError> {
    let headers = [("Accept", "application/json"), ("Content-Type", "application/json")];
    let body = serde_json::to_string(body).unwrap_or_default();
    let answer = fetch::send("POST", path, &headers, Some(&body)).await.ok_or_else(ApiError::unreachable)?;
    let text = answer.body.clone();
    answer.into_body().map(drop).map_err(|refusal| with_fields(refusal, &text))
}

/// Adds the entries of a 422 to a refusal. They say which values break a rule.
fn with_fields(mut refusal: ApiError, text: &str) -> ApiError {
    if refusal.status == 422
        && let Ok(ErrorBody { detail, .. }) = serde_json::from_str(text)
    {
        refusal.body.detail = detail;
    }
    refusal
}

/// A request that was sent.
pub struct Asked {
    /// The answer; `None` if none came.
    pub answer: Option<Answer>,
    exchange: Exchange,
}

/// Sends a request with this token.
async fn ask(token: &Token, request: &Request) -> Asked {
    let Request { method, path, body, if_match, .. } = request;
    let started = browser::stopwatch();
    let authorization = format!("Bearer {}", token.access_token);
    let mut headers = vec![("Accept", "application/json"), ("Authorization", authorization.as_str())];
    headers.extend(body.as_ref().map(|_| ("Content-Type", "application/json")));
    headers.extend(if_match.as_deref().map(|etag| ("If-Match", etag)));
    let answer = fetch::send(method, path, &headers, body.as_deref()).await;
    let exchange = Exchange {
        method,
        path: path.clone(),
        token: shortened(token),
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
            let _ = answered.send(ask(&token, &Request::get(path)).await);
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
