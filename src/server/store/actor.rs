//! Who makes a change. A request is checked before its body is read and its password is hashed, which may take seconds. So the
//! transaction that makes the change looks again.

use super::{
    connection::Connection,
    engine::Write,
    error::{NotAllowed, StoreError},
    handle::Store,
    lookups::EndedBy,
    sql::Sql,
};
use crate::model::Scopes;

/// The user behind a token, as the request was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The user's id.
    pub id: String,
    /// The version of the user's password.
    pub tokens_valid_from: i64,
    /// What ends the token.
    pub ended_by: EndedBy,
    /// The scopes that the change needs.
    pub needed: Scopes,
}

impl Store {
    /// Begins a transaction that writes, for somebody who may. Without an actor, the operator writes.
    ///
    /// # Errors
    /// [`StoreError::NotAllowed`], and those of [`Store::write`].
    pub(super) async fn write_for(&self, actor: Option<&Actor>) -> Result<Write, StoreError> {
        let write = self.write().await?;
        check(write, actor, false).await
    }

    /// The same, for a change that may take an administrator away. The order of the locks is the same everywhere: the one of the
    /// administrators, then a user's row, then an item's. So no two transactions wait for each other.
    ///
    /// # Errors
    /// [`StoreError::NotAllowed`], and those of [`Store::write`].
    pub(super) async fn write_to_administrators(&self, actor: Option<&Actor>) -> Result<Write, StoreError> {
        let write = self.write().await?;
        check(write, actor, true).await
    }
}

/// Looks whether the actor still may, and takes the locks that the change needs.
async fn check(mut write: Write, actor: Option<&Actor>, takes_an_administrator: bool) -> Result<Write, StoreError> {
    let is_administrator = actor.is_some_and(|actor| actor.needed.is_administrators());
    if is_administrator || takes_an_administrator {
        // An administrator who is taken away at this moment comes before or after.
        write.connection().lock_administrators().await?;
    }
    let Some(actor) = actor else { return Ok(write) };
    let mut look = Sql::new(
        "SELECT disabled, scopes, tokens_valid_from, CASE WHEN $2 IS NULL \
         THEN NOT EXISTS (SELECT 1 FROM revoked_tokens WHERE digest = $3) \
         ELSE EXISTS (SELECT 1 FROM sessions WHERE session_id = $2 AND user_id = users.id AND ended_at IS NULL) END \
         FROM users WHERE id = $1",
    )
    .bind(&*actor.id)
    .bind(actor.ended_by.session_id())
    .bind(actor.ended_by.digest());
    let mut connection = write.connection();
    if let (Connection::Postgres(_), false) = (&connection, is_administrator) {
        // It is the user's own row, or the owner's of an item: nobody changes it until the transaction ends.
        look.push(" FOR NO KEY UPDATE OF users");
    }
    let refused = match connection.optional::<(bool, String, i64, bool)>(look).await? {
        Some((_, _, version, _)) if version != actor.tokens_valid_from => NotAllowed::Gone,
        Some((true, ..)) => NotAllowed::Disabled,
        Some((.., false)) => NotAllowed::Gone,
        Some((_, scopes, ..)) if !Scopes::parse_granted(&scopes).contains(actor.needed) => {
            NotAllowed::Lacks(actor.needed)
        }
        Some(_) => return Ok(write),
        None => NotAllowed::Gone,
    };
    write.roll_back().await?;
    Err(refused.into())
}
