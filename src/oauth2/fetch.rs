//! The browser's side of a server function. It uses `fetch` as Leptos does, but an error answer keeps its status and
//! its `Retry-After`. The login page needs both to say what is wrong.

use server_fn::{
    Bytes,
    client::{Client, browser::BrowserClient},
    request::browser::BrowserRequest,
    response::{ClientRes, browser::BrowserResponse},
};

use crate::error::ApiError;

/// The client of the server functions.
pub struct Fetch;

/// Leptos's own client, which does the work.
type Inner = BrowserClient;

impl Client<ApiError> for Fetch {
    type Request = BrowserRequest;
    type Response = BrowserResponse;

    async fn send(request: BrowserRequest) -> Result<BrowserResponse, ApiError> {
        let response: BrowserResponse = <Inner as Client<ApiError>>::send(request).await?;
        let status = ClientRes::<ApiError>::status(&response);
        if status < 400 {
            return Ok(response);
        }
        let retry_after =
            response.generate_headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        let body = ClientRes::<ApiError>::try_into_bytes(response).await?;
        Err(ApiError::from_answer(status, retry_after, &body))
    }

    async fn open_websocket(
        path: &str,
    ) -> Result<
        (
            impl futures::Stream<Item = Result<Bytes, Bytes>> + Send + 'static,
            impl futures::Sink<Bytes> + Send + 'static,
        ),
        ApiError,
    > {
        <Inner as Client<ApiError>>::open_websocket(path).await
    }

    fn spawn(future: impl Future<Output = ()> + Send + 'static) {
        <Inner as Client<ApiError>>::spawn(future);
    }
}
