//! Reads a posted form strictly: a broken form is refused, not repaired. All of OAuth2's endpoints take forms, and HTTP Basic encodes a
//! client's id and secret as a form does.

use percent_encoding::percent_decode;

use crate::error::ApiError;

/// The media type of a form.
pub const FORM: &str = "application/x-www-form-urlencoded";

/// Whether a request's `Content-Type` is that of a form.
///
/// # Errors
/// [`ApiError::invalid_request`] if not.
pub fn check_media_type(media_type: &str) -> Result<(), ApiError> {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(FORM) {
        Ok(())
    } else {
        Err(ApiError::invalid_request("Send a form: Content-Type application/x-www-form-urlencoded"))
    }
}

/// The values of the fields with these names. Other fields are ignored. A field without a value counts as not sent
/// (RFC 6749 §3.2).
///
/// # Errors
/// [`ApiError::invalid_request`], which says what to send instead.
pub fn read<const N: usize>(body: &[u8], names: [&str; N]) -> Result<[Option<String>; N], ApiError> {
    let mut values = [const { None }; N];
    for field in body.split(|&byte| byte == b'&').filter(|field| !field.is_empty()) {
        let mut sides = field.splitn(2, |&byte| byte == b'=');
        let name = decode(sides.next().unwrap_or_default())?;
        let value = decode(sides.next().unwrap_or_default())?;
        let Some((_, known)) = names.iter().zip(&mut values).find(|(known, _)| **known == name) else { continue };
        if known.replace(value).is_some() {
            return Err(ApiError::invalid_request("Each field may be sent once only"));
        }
    }
    Ok(values.map(|value| value.filter(|value| !value.is_empty())))
}

/// Decodes a name or a value of a form. The usual decoders keep a broken escape and replace bytes that are not UTF-8.
/// Two different passwords could then become the same.
///
/// # Errors
/// [`ApiError::invalid_request`].
pub fn decode(text: &[u8]) -> Result<String, ApiError> {
    let broken = || ApiError::invalid_request("The form is not properly encoded: use percent-encoded UTF-8");
    let spaced: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    let mut escapes = spaced.split(|&byte| byte == b'%').skip(1);
    if !escapes.all(|rest| rest.get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))) {
        return Err(broken());
    }
    percent_decode(&spaced).decode_utf8().map(String::from).map_err(|_| broken())
}
