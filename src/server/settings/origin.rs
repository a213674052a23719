//! A web origin among the settings.

use serde::{Deserialize, Deserializer, de};
use url::Url;

use super::list::list;

/// Scheme, host and, unless it is the scheme's own, port, as a browser writes them in `Origin` (RFC 6454 §6.2).
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

    /// One slash at the end is left out; anything else that is not an origin as a browser writes it is refused, as it
    /// would never be equal to one.
    fn try_from(text: &str) -> Result<Self, String> {
        let origin = text.strip_suffix('/').unwrap_or(text);
        match Url::parse(origin) {
            Ok(url)
                if matches!(url.scheme(), "http" | "https")
                    && url.origin().ascii_serialization() == origin
                    // A name to the parser, and a wish to whoever wrote it.
                    && !origin.contains('*') =>
            {
                Ok(Self(origin.to_owned()))
            }
            _ => Err(format!("an origin is written https://app.example.com, with a port if need be, not {text:?}")),
        }
    }
}

/// An origin, or nothing where the value is empty, as in a shell: `CLOAKROOM__SERVER__PUBLIC_URL=`.
pub fn origin<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Origin>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.filter(|text| !text.is_empty());
    text.map(|text| Origin::try_from(&*text).map_err(de::Error::custom)).transpose()
}

/// Several origins.
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
