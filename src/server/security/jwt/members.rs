//! Reads the JSON object in a part of a token, without copying its texts.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// The token is not valid. Every reason gets the same answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token is not valid")]
pub struct InvalidToken;

/// A JSON object without repeated members (RFC 7519 §4). Two readers could use different values of a repeated member.
pub struct Members<'a>(Vec<(Text<'a>, Value<'a>)>);

/// A member's name.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Text<'a>(Cow<'a, str>);

/// A member's value, as far as tokens need it.
enum Value<'a> {
    Text(Cow<'a, str>),
    Number(f64),
    Other,
}

impl<'a> Members<'a> {
    /// Reads the object.
    ///
    /// # Errors
    /// [`InvalidToken`] for anything else, and for a repeated member.
    pub fn read(json: &'a [u8]) -> Result<Self, InvalidToken> {
        // All of it has to be UTF-8, also what the reader below skips.
        let json = str::from_utf8(json).map_err(|_| InvalidToken)?;
        serde_json::from_str(json).map_err(|_| InvalidToken)
    }

    /// Whether there is a member of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The text of this name, if there is one.
    ///
    /// # Errors
    /// [`InvalidToken`] if the value is not a text.
    pub fn text(&self, name: &str) -> Result<Option<&str>, InvalidToken> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(InvalidToken),
        }
    }

    /// The number of this name, if there is one.
    ///
    /// # Errors
    /// [`InvalidToken`] if the value is not a number.
    pub fn number(&self, name: &str) -> Result<Option<f64>, InvalidToken> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(Some(*number)),
            Some(_) => Err(InvalidToken),
        }
    }

    fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.0.iter().find(|(known, _)| known.0 == name).map(|(_, value)| value)
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object without repeated members")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::with_capacity(8);
                while let Some(member) = map.next_entry::<Text<'de>, Value<'de>>()? {
                    members.push(member);
                }
                members.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
                if !members.is_sorted_by(|(one, _), (other, _)| one < other) {
                    return Err(A::Error::custom("a member is written twice"));
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Text(text) => Ok(Self(text)),
            _ => Err(D::Error::custom("not a text")),
        }
    }
}

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Value<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
                Ok(Value::Text(Cow::Borrowed(text)))
            }

            // A text with escapes has to be copied.
            fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
                Ok(Value::Text(Cow::Owned(text.to_owned())))
            }

            #[expect(
                clippy::cast_precision_loss,
                reason = "a NumericDate is a JSON number, and seconds fit into 53 bits"
            )]
            fn visit_u64<E>(self, number: u64) -> Result<Value<'de>, E> {
                Ok(Value::Number(number as f64))
            }

            #[expect(
                clippy::cast_precision_loss,
                reason = "a NumericDate is a JSON number, and seconds fit into 53 bits"
            )]
            fn visit_i64<E>(self, number: i64) -> Result<Value<'de>, E> {
                Ok(Value::Number(number as f64))
            }

            fn visit_f64<E>(self, number: f64) -> Result<Value<'de>, E> {
                Ok(Value::Number(number))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Value<'de>, E> {
                Ok(Value::Other)
            }

            fn visit_unit<E>(self) -> Result<Value<'de>, E> {
                Ok(Value::Other)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value<'de>, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Value::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Value::Other)
            }
        }

        deserializer.deserialize_any(Any)
    }
}
