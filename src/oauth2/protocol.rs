//! How the browser calls the server function `token`.
//!
//! The server's side is Leptos's own HTTP protocol. The browser's side sends the same form, and differs in two ways. An
//! error answer keeps its status and its `Retry-After`, which the login page needs to say what is wrong. And the answer
//! is read by the browser's own JSON parser, so the login page needs neither serde_json nor gloo-net.

use send_wrapper::SendWrapper;
use server_fn::{Http, Protocol, client::Client, codec::Json, server::Server};

use super::{LoginForAccessToken, answer, grant::OAuth2Form};
use crate::{
    browser::{fetch, json},
    error::ApiError,
    form::FORM,
    model::Token,
};

/// A form in, JSON out.
pub struct FormToJson;

/// The server's side of the protocol.
type OnServer = Http<OAuth2Form, Json>;

impl<C, S> Protocol<LoginForAccessToken, Token, C, S, ApiError> for FormToJson
where
    C: Client<ApiError>,
    S: Server<ApiError>,
    OnServer: Protocol<LoginForAccessToken, Token, C, S, ApiError>,
{
    const METHOD: http::Method = http::Method::POST;

    async fn run_server<F, Fut>(request: S::Request, server_fn: F) -> Result<S::Response, ApiError>
    where
        F: Fn(LoginForAccessToken) -> Fut + Send,
        Fut: Future<Output = Result<Token, ApiError>> + Send,
    {
        <OnServer as Protocol<LoginForAccessToken, Token, C, S, ApiError>>::run_server(request, server_fn).await
    }

    /// A browser has one thread. The wrapper says so to the compiler.
    fn run_client(path: &str, input: LoginForAccessToken) -> impl Future<Output = Result<Token, ApiError>> + Send {
        SendWrapper::new(post(path.to_owned(), input.grant.write()))
    }
}

async fn post(path: String, form: String) -> Result<Token, ApiError> {
    let headers = [("Content-Type", FORM), ("Accept", "application/json")];
    let response = fetch::send("POST", &path, &headers, Some(&form)).await.ok_or_else(ApiError::unreachable)?;
    let body = json::Json::parse(&response.into_body()?);
    body.and_then(|body| answer::read_token(&body)).ok_or_else(ApiError::unreachable)
}
