//! Who makes a change. A request is checked before its body is read and its password is hashed, which may take seconds. So the
//! transaction that makes the change looks again.

use super::{
    error::{NotAllowed, StoreError},
    handle::Store,
    write::Write,
};
use crate::model::Scopes;

/// The user behind a token, as the request was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The user's id.
    pub id: String,
    /// The version of the user's password.
    pub tokens_valid_from: i64,
    /// The scopes that the change needs.
    pub needed: Scopes,
}

impl Store {
    /// Begins a transaction that writes, for somebody who may. Without an actor, the operator writes.
    ///
    /// # Errors
    /// [`StoreError::NotAllowed`], and those of [`Store::write`].
    pub(super) async fn write_for(&self, actor: Option<&Actor>) -> Result<Write, StoreError> {
        let mut write = self.write().await?;
        let Some(actor) = actor else { return Ok(write) };
        let row: Option<(bool, String, i64)> =
            sqlx::query_as("SELECT disabled, scopes, tokens_valid_from FROM users WHERE id = $1")
                .bind(&actor.id)
                .fetch_optional(&mut *write)
                .await?;
        let refused = match row {
            Some((_, _, version)) if version != actor.tokens_valid_from => NotAllowed::Gone,
            Some((true, ..)) => NotAllowed::Disabled,
            Some((_, scopes, _)) if !Scopes::parse_granted(&scopes).contains(actor.needed) => {
                NotAllowed::Lacks(actor.needed)
            }
            Some(_) => return Ok(write),
            None => NotAllowed::Gone,
        };
        write.roll_back().await?;
        Err(refused.into())
    }
}
