//! Who is signed in, as the token says. The token is not verified here: this is for drawing, and the server decides.

use serde_json::Value;

use super::session::Session;
use crate::model::{Jwt, Scopes, Token};

/// The username that a token was made for.
pub fn username(token: &Token) -> String {
    let claims = Jwt::read(&token.access_token).map(|jwt| jwt.claims).unwrap_or_default();
    claims.get("sub").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// What the session's token opens: nothing while nobody is signed in. Views that read it follow its changes.
pub fn scopes(session: Session) -> Scopes {
    session.token().map(|token| Scopes::parse_granted(&token.scope)).unwrap_or_default()
}

/// The initials of a name: of its first and its last word, in upper case.
pub fn initials(name: &str) -> String {
    let mut words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let (first, last) = (words.next(), words.next_back());
    let initial = |word: Option<&str>| word.and_then(|word| word.chars().next());
    [initial(first), initial(last)].into_iter().flatten().flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_of_the_first_and_the_last_word() {
        for (name, expected) in [
            ("John Doe", "JD"),
            ("johndoe", "J"),
            ("Ada King Lovelace", "AL"),
            ("ada.lovelace", "AL"),
            ("山田 太郎", "山太"),
            ("ßtraße", "SS"),
            ("", ""),
            ("--", ""),
        ] {
            assert_eq!(initials(name), expected, "{name}");
        }
    }
}
