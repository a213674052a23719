//! Names of confidential clients.

use super::BrokenRule;

/// What a client's id begins with. No username has a slash, so no user can be called like a client.
const PREFIX: &str = "client/";

/// The name of a client: 1 to 64 ASCII letters, digits and `. _ -`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientName(String);

impl ClientName {
    /// Reads a name.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, BrokenRule> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        if text.is_empty() || text.len() > 64 || !text.chars().all(allowed) {
            let sentence = "A client's name is 1 to 64 letters, digits and the characters . _ -";
            return Err(BrokenRule::value("name", sentence));
        }
        Ok(Self(text.to_owned()))
    }

    /// The name in a `client_id` or a token's `sub`. `None` if it is not a client's.
    pub fn of_client_id(client_id: &str) -> Option<Self> {
        client_id.strip_prefix(PREFIX).and_then(|name| Self::parse(name).ok())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The `client_id` on the wire (RFC 6749 §2.2), which is the `sub` of the client's tokens too.
    pub fn client_id(&self) -> String {
        format!("{PREFIX}{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Username;

    #[test]
    fn a_name_is_read_back_from_its_client_id_which_is_no_username() {
        for name in ["billing", "a", "Report_1.0-x", &"a".repeat(64)] {
            let parsed = ClientName::parse(name).expect(name);
            assert_eq!(parsed.as_str(), name);
            assert_eq!(ClientName::of_client_id(&parsed.client_id()), Some(parsed.clone()));
            assert!(Username::parse(&parsed.client_id()).is_err());
        }
    }

    #[test]
    fn anything_else_is_no_name() {
        for name in ["", "a b", "a/b", "a@b", "a%b", "a+b", "a:b", "ä", "a\0", "client/a", &"a".repeat(65)] {
            assert!(ClientName::parse(name).is_err(), "{name:?}");
        }
        for client_id in ["billing", "client/", "client", "Client/billing", "/billing", "client/a/b", "client/ä"] {
            assert_eq!(ClientName::of_client_id(client_id), None, "{client_id:?}");
        }
    }
}
