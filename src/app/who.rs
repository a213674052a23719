//! Who is signed in, as the token says. The token is not verified here: this is for drawing, and the server decides.

use leptos::prelude::*;

use super::session::Session;
use crate::model::{Jwt, Scopes, Token};

/// The username that a token was made for.
pub fn username(token: &Token) -> String {
    claim(token, "sub").unwrap_or_default()
}

/// The id of the user that a token was made for. Only tokens of this server have it.
pub fn id(token: &Token) -> Option<String> {
    claim(token, "user_id")
}

/// The id of the session that a token belongs to, if it has one.
pub fn session_id(token: &Token) -> Option<String> {
    claim(token, "sid")
}

/// What stays the same while a session goes on. Views that read it follow its changes: another session may be another user's.
pub fn session_key(session: Session) -> Memo<Option<String>> {
    Memo::new(move |_| session.token().map(|token| session_id(&token).unwrap_or(token.access_token)))
}

fn claim(token: &Token, name: &str) -> Option<String> {
    Jwt::read(&token.access_token).ok()?.claims.get(name)?.as_str().map(str::to_owned)
}

/// What the session's token opens. While nobody is signed in, and on the server, it is what most users may. Views that read
/// it follow its changes.
pub fn scopes(session: Session) -> Scopes {
    session.token().map_or(Scopes::AT_SIGN_UP, |token| Scopes::parse_granted(&token.scope))
}

/// Whether the session's token opens this. Views that read it follow its changes.
pub fn may(session: Session, scope: u8) -> bool {
    scopes(session).contains(Scopes::new(scope))
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
