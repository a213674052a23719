//! Settings that are web origins.

use serde::{Deserialize, Deserializer, de};
use url::Url;

use super::list::list;

/// A web origin, as a browser writes it in `Origin` (RFC 6454 §6.2): the scheme, the host, and the port unless it is
/// the scheme's default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The origin as text: `https://app.example.com`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for Origin {
    type Error = String;

    /// Removes one slash at the end. Refuses any other text that a browser would not write: it would never equal a
    /// request's origin.
    fn try_from(text: &str) -> Result<Self, String> {
        let origin = text.strip_suffix('/').unwrap_or(text);
        match Url::parse(origin) {
            Ok(url)
                if matches!(url.scheme(), "http" | "https")
                    && url.origin().ascii_serialization() == origin
                    // The parser accepts `*` as a name, but the operator means a wildcard.
                    && !origin.contains('*') =>
            {
                Ok(Self(origin.to_owned()))
            }
            _ => Err(format!("an origin looks like https://app.example.com, with a port if needed, not like {text:?}")),
        }
    }
}

/// Reads an origin. An empty value counts as unset, as in a shell: `CLOAKROOM__SERVER__PUBLIC_URL=`.
pub fn origin<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Origin>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty());
    text.map(|text| Origin::try_from(&*text).map_err(de::Error::custom)).transpose()
}

/// Reads several origins.
pub fn origins<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Origin>, D::Error> {
    list(deserializer, |text| Origin::try_from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_browser_would_write_is_no_origin() {
        for text in [
            "",
            "*",
            "null",
            "app.example.com",
            "https://app.example.com/path",
            "https://app.example.com//",
            "https://app.example.com:443",
            "https://APP.example.com",
            "https://ada@app.example.com",
            "https://app.example.com?q",
            "https://app.example.com#x",
            "ftp://app.example.com",
            "https://*.example.com",
        ] {
            assert!(Origin::try_from(text).is_err(), "{text:?}");
        }
    }
}
