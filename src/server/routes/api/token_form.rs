//! The form of `/revoke` and `/introspect`: a token, about which something is asked.

use axum::http::{HeaderMap, header::CONTENT_TYPE};

use crate::{error::ApiError, form};

/// The token in the form. `token_type_hint` may be wrong (RFC 7009 §2.1), so nothing goes by it.
///
/// # Errors
/// [`ApiError::invalid_request`].
pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<String, ApiError> {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    form::check_media_type(media_type)?;
    let [token, _] = form::read(body, ["token", "token_type_hint"])?;
    token.ok_or_else(|| ApiError::invalid_request("The field token is required"))
}
