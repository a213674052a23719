//! Several values of one setting.

use serde::{Deserialize, Deserializer, de};

/// A list, or what stands for one in the environment: text with spaces. `parse` reads one value, or says in a sentence
/// what one looks like.
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
