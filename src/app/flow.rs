//! The requests that were really sent, kept for the panel "How this works".

use serde::Deserialize;

use crate::{model::Token, oauth2::PasswordForm};

/// Shown in place of every password. It does not show the password's length.
const MASK: &str = "••••••••";

/// The request that got the token. It is kept with the session, so that the panel can show it after a reload:
/// `session::stored` writes it as JSON, and the panel reads that.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LoginExchange {
    /// The form's fields in the order they were posted, with the password masked.
    pub fields: Vec<(String, String)>,
    /// The answer's HTTP status.
    pub status: u16,
    /// The time from the request to the answer, in milliseconds.
    pub milliseconds: u32,
}

/// A request that carried the token.
#[derive(Clone, Debug, PartialEq)]
pub struct Exchange {
    /// The HTTP method.
    pub method: &'static str,
    /// The requested path.
    pub path: String,
    /// The token that it carried, without its middle part. Empty for a renewal.
    pub token: String,
    /// The answer's HTTP status, or [`crate::error::ApiError::UNREACHABLE`].
    pub status: u16,
    /// When the request was sent, by [`crate::browser::stopwatch`].
    pub started: f64,
    /// The time from the request to the answer, in milliseconds.
    pub milliseconds: u32,
}

impl LoginExchange {
    /// A login that succeeded.
    pub fn new(form: &PasswordForm, milliseconds: u32) -> Self {
        let shown = |(name, value): (&str, &str)| {
            let value = if name == "password" { MASK } else { value };
            (name.to_owned(), value.to_owned())
        };
        Self { fields: form.fields().map(shown).collect(), status: 200, milliseconds }
    }
}

/// The token without its middle part. The rest is enough to recognise the token.
pub fn shortened(token: &Token) -> String {
    let characters: Vec<char> = token.access_token.chars().collect();
    match (characters.get(..12), characters.len().checked_sub(6).and_then(|start| characters.get(start..))) {
        (Some(head), Some(tail)) if characters.len() > 24 => {
            format!("{}…{}", String::from_iter(head), String::from_iter(tail))
        }
        _ => token.access_token.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_masked_and_its_length_is_not_told() {
        let form = |password: &str| PasswordForm {
            username: "johndoe".to_owned(),
            password: password.to_owned(),
            scope: None,
            keep_signed_in: None,
            session_id: None,
        };
        let exchange = LoginExchange::new(&form("secret"), 7);
        let fields: Vec<_> = exchange.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(fields, [("grant_type", "password"), ("username", "johndoe"), ("password", MASK)]);
        assert_eq!(exchange, LoginExchange::new(&form("a much longer password"), 7));
    }

    #[test]
    fn a_long_token_is_shortened_and_a_short_one_is_not() {
        let token = |text: &str| Token {
            access_token: text.to_owned(),
            token_type: "bearer".to_owned(),
            expires_in: 60,
            scope: String::new(),
            refresh_token: None,
        };
        assert_eq!(shortened(&token("abcdefghijklmnopqrstuvwxyz0123456789")), "abcdefghijkl…456789");
        assert_eq!(shortened(&token("short")), "short");
    }
}
