//! The token endpoint's answer as the browser's JSON: read from the wire, and kept in the browser's storage.

use wasm_bindgen::JsValue;

use crate::{
    browser::json::{Json, object},
    model::Token,
};

/// Reads a token. `None` if a member is missing.
pub fn read_token(json: &Json) -> Option<Token> {
    let text = |name: &str| json.member(name).text();
    Some(Token {
        access_token: text("access_token")?,
        token_type: text("token_type")?,
        expires_in: json.member("expires_in").whole_number()?,
        scope: text("scope")?,
        refresh_token: None,
    })
}

/// The token as an object with the members that [`read_token`] reads.
pub fn write_token(token: &Token) -> JsValue {
    object([
        ("access_token", token.access_token.as_str().into()),
        ("token_type", token.token_type.as_str().into()),
        ("expires_in", token.expires_in.into()),
        ("scope", token.scope.as_str().into()),
    ])
}
