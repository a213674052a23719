//! E-mail addresses.

use serde::Serialize;
use utoipa::ToSchema;

use super::BrokenRule;

/// An e-mail address, as browsers check it (the HTML standard's "valid e-mail address"), with the lengths of RFC 5321:
/// 64 bytes before the `@`, 254 in all. It is ASCII, so it is the same in any case of letters on every system. Only a
/// message that arrives proves that the address exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(value_type = String, format = Email, max_length = 254, example = "ada@example.com")]
pub struct Email(String);

impl Email {
    /// Reads an address. Spaces around it are removed.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, BrokenRule> {
        let address = text.trim();
        if address.len() > 254 {
            return Err(BrokenRule::too_long("email", "An e-mail address has at most 254 characters"));
        }
        let is_valid = address
            .rsplit_once('@')
            .is_some_and(|(local, domain)| is_local_part(local) && domain.split('.').all(is_label));
        if is_valid {
            return Ok(Self(address.to_owned()));
        }
        let sentence = if address.is_ascii() {
            "An e-mail address looks like name@example.com"
        } else {
            "An e-mail address has only ASCII characters here: write the domain in Punycode"
        };
        Err(BrokenRule::value("email", sentence))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

/// What stands before the `@`.
fn is_local_part(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c))
}

/// A part of the domain, between dots.
fn is_label(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_is_what_a_browser_takes_for_one() {
        for email in ["ada@example.com", "a@b", "o'hara+list@mail.example.co.uk", "x/y=z@xn--bcher-kva.example"] {
            assert_eq!(Email::parse(email).map(String::from), Ok(email.to_owned()));
        }
        assert_eq!(Email::parse(" ada@example.com\n").map(String::from), Ok("ada@example.com".to_owned()));
    }

    #[test]
    fn an_email_that_is_none_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        for email in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "a@b@c",
            "a b@example.com",
            "a\r\n@example.com",
            "a@b..c",
            "a@-b",
            "a@b-",
            "a@exam ple",
            "a@\0",
            "ä@example.com",
            "a@exämple.com",
            &long,
            &format!("a@{}", "b".repeat(64)),
        ] {
            let broken = Email::parse(email).expect_err(email);
            assert_eq!((broken.field, broken.kind), ("email", "value_error"), "{email:?}");
        }
        let broken = Email::parse(&format!("a@{}com", "b.".repeat(127))).expect_err("too long");
        assert_eq!(broken.kind, "string_too_long");
    }
}
