//! How a server function reports an error: with the same [`ApiError`] as everything else.
//!
//! Leptos answers a failed server function with status 500 and the encoded error. So the error is also stored in a
//! [`ErrorSlot`], which the route has put into the context. The route reads it there, and answers with the error's own
//! status and headers.

use std::sync::{Arc, OnceLock};

use leptos::prelude::use_context;
use server_fn::{
    Bytes, ContentType, Decodes, Encodes, Format, FormatType,
    error::{FromServerFnError, ServerFnErrorErr},
};

use crate::error::{ApiError, ErrorBody};

/// Stores the error that a server function ended with.
#[derive(Clone, Default)]
pub struct ErrorSlot(Arc<OnceLock<ApiError>>);

impl ErrorSlot {
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
        if let Some(slot) = use_context::<ErrorSlot>() {
            // A server function ends once, so nothing is stored yet.
            let _ = slot.0.set(error.clone());
        }
        serde_json::to_vec(&error.body).map(Bytes::from)
    }
}

/// The trait requires this, and nothing calls it: in the browser, `browser::fetch` reads the error answers, together
/// with their status.
impl Decodes<ApiError> for ErrorJson {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<ApiError, Self::Error> {
        let body = serde_json::from_slice::<ErrorBody>(&bytes)?;
        Ok(ApiError { body, ..ApiError::internal() })
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
