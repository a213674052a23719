//! How a server function refuses: with the same [`ApiError`] as everything else.
//!
//! Leptos answers a failed server function with status 500 and whatever bytes the error encodes to. So the error is
//! also left in a [`Refusal`] that the route put into the context, and the route answers from that, with the status and
//! headers of the one table.

use std::sync::{Arc, OnceLock};

use leptos::prelude::use_context;
use server_fn::{
    Bytes, ContentType, Decodes, Encodes, Format, FormatType,
    error::{FromServerFnError, ServerFnErrorErr},
};

use crate::error::{ApiError, ErrorBody};

/// Where a server function leaves the error it ended with.
#[derive(Clone, Default)]
pub struct Refusal(Arc<OnceLock<ApiError>>);

impl Refusal {
    /// The error, if the server function ended with one.
    pub fn get(&self) -> Option<ApiError> {
        self.0.get().cloned()
    }
}

/// The wire form of an error: the JSON of [`ErrorBody`].
pub struct ErrorJson;

impl ContentType for ErrorJson {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for ErrorJson {
    const FORMAT_TYPE: Format = Format::Text;
}

impl Encodes<ApiError> for ErrorJson {
    type Error = serde_json::Error;

    fn encode(error: &ApiError) -> Result<Bytes, Self::Error> {
        if let Some(refusal) = use_context::<Refusal>() {
            // A server function ends once.
            let _ = refusal.0.set(error.clone());
        }
        serde_json::to_vec(&error.body).map(Bytes::from)
    }
}

/// Only the `serverfnerror` of a redirected form would be read this way, and there is none: [`super::Fetch`] reads the
/// answers with their status.
impl Decodes<ApiError> for ErrorJson {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<ApiError, Self::Error> {
        serde_json::from_slice::<ErrorBody>(&bytes)?;
        Ok(ApiError::from_answer(ApiError::internal().status, None, &bytes))
    }
}

impl FromServerFnError for ApiError {
    type Encoder = ErrorJson;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            // The body broke off, or its type cannot be read.
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) | ServerFnErrorErr::Deserialization(_) => {
                Self::invalid_request("The form cannot be read")
            }
            // The browser's side.
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => Self::unreachable(),
            _ => Self::internal(),
        }
    }
}
