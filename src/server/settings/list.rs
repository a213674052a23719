//! Settings with several values.

use serde::{Deserialize, Deserializer, de};

/// Reads a list. In the environment it is text, with spaces between the values. `parse` reads one value. Its error is a
/// sentence that shows what a value looks like.
pub fn list<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Words {
        Text(String),
        List(Vec<String>),
    }
    let words = match Words::deserialize(deserializer)? {
        Words::Text(text) => text.split_whitespace().map(str::to_owned).collect(),
        Words::List(list) => list,
    };
    words.iter().map(|word| parse(word).map_err(de::Error::custom)).collect()
}
