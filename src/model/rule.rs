//! The error of a value that breaks a rule.

use std::{borrow::Cow, error::Error, fmt};

/// A value breaks a rule. It names the field and the rule: a form shows the sentence beside the field, the server makes
/// an entry of a 422 of it, and the command line prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenRule {
    /// The field's name on the wire.
    pub field: &'static str,
    /// Pydantic's name of the rule.
    pub kind: &'static str,
    /// What to do, as a sentence.
    pub sentence: Cow<'static, str>,
}

impl BrokenRule {
    /// A text that is shorter than it may be.
    pub fn too_short(field: &'static str, sentence: impl Into<Cow<'static, str>>) -> Self {
        Self { field, kind: "string_too_short", sentence: sentence.into() }
    }

    /// A text that is longer than it may be.
    pub fn too_long(field: &'static str, sentence: impl Into<Cow<'static, str>>) -> Self {
        Self { field, kind: "string_too_long", sentence: sentence.into() }
    }

    /// Any other rule.
    pub fn value(field: &'static str, sentence: impl Into<Cow<'static, str>>) -> Self {
        Self { field, kind: "value_error", sentence: sentence.into() }
    }
}

impl fmt::Display for BrokenRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl Error for BrokenRule {}
