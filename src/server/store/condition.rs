//! The condition of a change: it is made only if the row still has a version that the caller knows.

/// The versions that a row may have, for a change to be made. The database compares them, in the statement that makes the
/// change: so nobody can change the row in between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// As the database reads it: `,12,15,`. `None` for any version.
    versions: Option<String>,
}

impl Condition {
    /// The row may have any version.
    pub const ANY: Self = Self { versions: None };

    /// The row has one of these versions.
    pub fn one_of(versions: &[i64]) -> Self {
        let versions = versions.iter().fold(",".to_owned(), |list, version| format!("{list}{version},"));
        Self { versions: Some(versions) }
    }

    /// For a statement that says `$n IS NULL OR $n LIKE '%,' || version || ',%'`.
    pub(super) fn versions(&self) -> Option<&str> {
        self.versions.as_deref()
    }
}
