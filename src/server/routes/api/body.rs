//! Reads a request's body: its bytes, and the members of a JSON object. Each broken member is reported, in FastAPI's form.

use std::{borrow::Cow, error::Error, fmt, time::Duration};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, Request},
    http::{
        HeaderMap,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
};
use http_body_util::LengthLimitError;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Number, Value, error::Category};

use crate::{
    error::{ApiError, FieldError},
    model::{BrokenRule, Scopes},
    server::state::AppState,
};

/// The largest JSON that is read, in bytes.
const JSON_LIMIT: usize = 64 * 1024;
/// The most members of an object.
const MOST_MEMBERS: usize = 100;

/// The members of a JSON object that a client sent. A handler takes the members that it knows, and then calls
/// [`Members::finish`].
pub struct Members {
    /// In the order in which they were sent. Those that were taken are gone.
    members: Vec<(String, Value)>,
    broken: Vec<FieldError>,
}

impl FromRequest<AppState> for Members {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        if !is_json(&parts.headers) {
            return Err(ApiError::unsupported_media_type());
        }
        let body = read(&parts.headers, body, JSON_LIMIT, state.limits.body_timeout).await?;
        Self::parse(&body)
    }
}

/// Reads a body of at most `limit` bytes, for at most so many seconds.
///
/// # Errors
/// [`ApiError::payload_too_large`], [`ApiError::request_timeout`], [`ApiError::broken_off`].
pub async fn read(headers: &HeaderMap, body: Body, limit: usize, seconds: u32) -> Result<Bytes, ApiError> {
    let declared = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|length| length > limit as u64) {
        return Err(ApiError::payload_too_large());
    }
    // A longer body is read up to the limit only.
    let body = tokio::time::timeout(Duration::from_secs(seconds.into()), to_bytes(body, limit)).await;
    body.map_err(|_elapsed| ApiError::request_timeout())?.map_err(|error| {
        let is_too_long = error.source().is_some_and(|cause| cause.is::<LengthLimitError>());
        if is_too_long { ApiError::payload_too_large() } else { ApiError::broken_off() }
    })
}

/// Whether the body is JSON by its media type (RFC 9110 §8.3.1, RFC 6839 §3.1).
fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(media_type), None) = (types.next(), types.next()) else { return false };
    let essence = media_type.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// A member's name for an error: the answer is not much larger than the request for it.
fn shortened(name: &str) -> String {
    name.chars().take(100).collect()
}

impl Members {
    /// Reads a JSON object.
    ///
    /// # Errors
    /// A 422 for anything else.
    pub fn parse(json: &[u8]) -> Result<Self, ApiError> {
        let refused = |kind: &'static str, msg: &'static str| {
            ApiError::unprocessable(vec![FieldError { loc: vec!["body".into()], msg: msg.into(), kind: kind.into() }])
        };
        // serde_json refuses lone surrogates, numbers that are too large and nesting of more than 128 levels.
        let Object(members) = serde_json::from_slice(json).map_err(|error| match error.classify() {
            _ if json.is_empty() => refused("missing", "Field required"),
            Category::Data => refused("model_attributes_type", "Input should be a JSON object"),
            _ => refused("json_invalid", "JSON decode error"),
        })?;
        let mut read = Self { members: Vec::new(), broken: Vec::new() };
        for (name, value) in members {
            // Two readers could use different values.
            if read.members.iter().any(|(known, _)| *known == name) {
                return Err(ApiError::unprocessable(vec![FieldError {
                    loc: vec!["body".into(), shortened(&name).into()],
                    msg: "Value error, send this member once only".into(),
                    kind: "value_error".into(),
                }]));
            }
            // More members than any call has. It keeps the comparison above short, and the answer as well.
            if read.members.len() == MOST_MEMBERS {
                return Err(refused("too_long", "Dictionary should have at most 100 items"));
            }
            read.members.push((name, value));
        }
        Ok(read)
    }

    /// A text that has to be sent.
    pub fn required<T>(&mut self, name: &'static str, parse: impl FnOnce(&str) -> Result<T, BrokenRule>) -> Option<T> {
        match self.take(name) {
            Some(value) => self.text(name, &value, parse),
            None => self.refuse(name, "missing", "Field required"),
        }
    }

    /// A text that may be left out or null: both mean that there is none.
    pub fn optional<T>(&mut self, name: &'static str, parse: impl FnOnce(&str) -> Result<T, BrokenRule>) -> Option<T> {
        self.clearable(name, parse).flatten()
    }

    /// A text that may be left out, which changes nothing, or null, which removes it.
    pub fn clearable<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, BrokenRule>,
    ) -> Option<Option<T>> {
        match self.take(name)? {
            Value::Null => Some(None),
            value => self.text(name, &value, parse).map(Some),
        }
    }

    /// A text that may be left out, which changes nothing.
    pub fn changed<T>(&mut self, name: &'static str, parse: impl FnOnce(&str) -> Result<T, BrokenRule>) -> Option<T> {
        let value = self.take(name)?;
        self.text(name, &value, parse)
    }

    /// `true` or `false`. It may be left out.
    pub fn flag(&mut self, name: &'static str) -> Option<bool> {
        match self.take(name)? {
            Value::Bool(flag) => Some(flag),
            _ => self.refuse(name, "bool_type", "Input should be a valid boolean"),
        }
    }

    /// A list of the names of scopes. It may be left out.
    pub fn scopes(&mut self, name: &'static str) -> Option<Scopes> {
        let Value::Array(list) = self.take(name)? else {
            return self.refuse(name, "list_type", "Input should be a valid list");
        };
        if list.len() > Scopes::ALL.names().count() {
            return self.refuse(name, "too_long", "List has more entries than there are scopes");
        }
        let mut scopes = Some(Scopes::default());
        for (position, value) in list.iter().enumerate() {
            let known = value.as_str().and_then(|word| Scopes::named(word).ok());
            if known.is_none() {
                let loc = vec!["body".into(), name.into(), position.to_string().into()];
                let names: Vec<_> = Scopes::ALL.describe().map(|(name, _)| name).collect();
                let msg = format!("Input should be the name of a scope: {}", names.join(", "));
                self.broken.push(FieldError { loc, msg: msg.into(), kind: "enum".into() });
            }
            scopes = scopes.zip(known).map(|(all, one)| all.union(one));
        }
        scopes
    }

    /// A list of the names of scopes that has to be sent.
    pub fn required_scopes<T>(
        &mut self,
        name: &'static str,
        check: impl FnOnce(Scopes) -> Result<T, BrokenRule>,
    ) -> Option<T> {
        if !self.members.iter().any(|(known, _)| known == name) {
            return self.refuse(name, "missing", "Field required");
        }
        let scopes = self.scopes(name)?;
        self.checked(check(scopes))
    }

    /// A whole number that may be left out or null: both mean that there is none.
    pub fn optional_number<T>(
        &mut self,
        name: &'static str,
        check: impl FnOnce(i64) -> Result<T, BrokenRule>,
    ) -> Option<T> {
        let number = match self.take(name)? {
            Value::Null => return None,
            Value::Number(number) => whole(&number),
            _ => None,
        };
        match number {
            Some(number) => self.checked(check(number)),
            None => self.refuse(name, "int_type", "Input should be a valid integer"),
        }
    }

    /// Ends the reading. Members that nobody took are refused. `value` is what the members make, if they are all good.
    ///
    /// # Errors
    /// A 422 that names each broken member.
    pub fn finish<T>(mut self, value: Option<T>) -> Result<T, ApiError> {
        for (name, _) in std::mem::take(&mut self.members) {
            self.refuse::<T>(shortened(&name), "extra_forbidden", "Extra inputs are not permitted");
        }
        match value {
            Some(value) if self.broken.is_empty() => Ok(value),
            _ => Err(ApiError::unprocessable(self.broken)),
        }
    }

    /// Takes the member of this name.
    fn take(&mut self, name: &str) -> Option<Value> {
        let position = self.members.iter().position(|(known, _)| known == name)?;
        Some(self.members.remove(position).1)
    }

    fn text<T>(
        &mut self,
        name: &'static str,
        value: &Value,
        parse: impl FnOnce(&str) -> Result<T, BrokenRule>,
    ) -> Option<T> {
        match value {
            Value::String(text) => self.checked(parse(text)),
            _ => self.refuse(name, "string_type", "Input should be a valid string"),
        }
    }

    /// The value, or `None` after the rule that it breaks was noted.
    fn checked<T>(&mut self, value: Result<T, BrokenRule>) -> Option<T> {
        value.map_err(|broken| self.broken.push(FieldError::in_body(broken))).ok()
    }

    fn refuse<T>(&mut self, name: impl Into<Cow<'static, str>>, kind: &'static str, msg: &'static str) -> Option<T> {
        self.broken.push(FieldError { loc: vec!["body".into(), name.into()], msg: msg.into(), kind: kind.into() });
        None
    }
}

/// A whole number, also one that is written as `60.0`: JSON knows no difference.
fn whole(number: &Number) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "it saturates, and no number so large is good anywhere")]
    let rounded = |number: f64| number as i64;
    number.as_i64().or_else(|| number.as_f64().filter(|number| number.fract() == 0.0).map(rounded))
}

/// A JSON object with all its members, also those that are sent twice.
struct Object(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfMembers;

        impl<'de> Visitor<'de> for OfMembers {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Object(members))
            }
        }

        deserializer.deserialize_map(OfMembers)
    }
}

#[cfg(test)]
mod tests;
