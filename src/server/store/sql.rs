//! A statement and its values. The SQL is written once, in the words that both engines take. What a client sent is always a
//! value, and never a part of the text.

use std::borrow::Cow;

/// A statement, and the values of `$1`, `$2` and so on.
#[derive(Clone, Debug)]
pub struct Sql {
    pub(super) text: Cow<'static, str>,
    pub(super) values: Vec<Value>,
    /// Whether PostgreSQL plans it for these very values, each time.
    pub(super) is_planned_anew: bool,
}

/// A value. `None` is NULL, and has a type too: PostgreSQL asks for it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// TEXT
    Text(Option<String>),
    /// BIGINT
    Number(Option<i64>),
    /// DOUBLE PRECISION
    Real(f64),
    /// BOOLEAN
    Flag(Option<bool>),
}

impl Sql {
    /// This statement, without values yet.
    pub const fn new(text: &'static str) -> Self {
        Self { text: Cow::Borrowed(text), values: Vec::new(), is_planned_anew: false }
    }

    /// Has PostgreSQL plan the statement for these very values. Otherwise it may keep a plan for values of any kind, which
    /// reads a whole table for some of them.
    pub fn plan_anew(&mut self) {
        self.is_planned_anew = true;
    }

    /// The value of the next number.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Adds to the text.
    pub fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.to_mut().push_str(text);
        self
    }

    /// Adds the next number to the text, and its value.
    pub fn push_value(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        let number = self.values.len();
        let text = self.text.to_mut();
        text.push('$');
        text.push_str(&number.to_string());
        self
    }

    /// Whether a value has a NUL, which no text of PostgreSQL can have.
    pub(super) fn has_nul(&self) -> bool {
        self.values.iter().any(Value::has_nul)
    }
}

impl Value {
    /// Whether it has a NUL.
    pub(super) fn has_nul(&self) -> bool {
        matches!(self, Self::Text(Some(text)) if text.contains('\0'))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Some(text.to_owned()))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(text))
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        Self::Text(text.map(str::to_owned))
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(Some(number))
    }
}

impl From<Option<i64>> for Value {
    fn from(number: Option<i64>) -> Self {
        Self::Number(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(Some(flag))
    }
}

impl From<Option<bool>> for Value {
    fn from(flag: Option<bool>) -> Self {
        Self::Flag(flag)
    }
}
