//! The condition of a change: it is made only if the row still is what the caller knows.

use super::actor::Actor;

/// The versions that a row may have, for a change to be made. The database compares them, in the statement that makes the
/// change: so nobody can change the row in between.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// As the database reads it: `,12,15,`. `None` for any version.
    versions: Option<String>,
    /// The id of the user who is to be changed. `None` for any user of the name.
    user_id: Option<String>,
    /// Who makes the change. `None` for the operator.
    actor: Option<Actor>,
}

impl Condition {
    /// The row may have any version.
    pub const ANY: Self = Self { versions: None, user_id: None, actor: None };

    /// The row has one of these versions.
    pub fn one_of(versions: &[i64]) -> Self {
        let versions = versions.iter().fold(",".to_owned(), |list, version| format!("{list}{version},"));
        Self { versions: Some(versions), user_id: None, actor: None }
    }

    /// And the user is this one: another user may have the name by now.
    pub fn of_user(self, id: &str) -> Self {
        Self { user_id: Some(id.to_owned()), ..self }
    }

    /// And this user may still make the change.
    pub fn by(self, actor: Actor) -> Self {
        Self { actor: Some(actor), ..self }
    }

    /// Who makes the change.
    pub(super) fn actor(&self) -> Option<&Actor> {
        self.actor.as_ref()
    }

    /// For a statement that says `$n IS NULL OR id = $n`.
    pub(super) fn user_id(&self) -> Option<&str> {
        self.user_id.as_deref()
    }

    /// For a statement that says `$n IS NULL OR $n LIKE '%,' || version || ',%'`.
    pub(super) fn versions(&self) -> Option<&str> {
        self.versions.as_deref()
    }
}
