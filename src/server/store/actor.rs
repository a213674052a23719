//! Who makes a change. A request is checked before its body is read and its password is hashed, which may take seconds. So the
//! transaction that makes the change looks again.

use super::{
    connection::Connection,
    engine::Write,
    error::{NotAllowed, StoreError},
    handle::Store,
    known::EndedBy,
    sql::Sql,
};
use crate::model::Scopes;

/// The user behind a token or a key, as the request was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The user's id.
    pub id: String,
    /// The version of the user's password.
    pub tokens_valid_from: i64,
    /// What the request was sent with.
    pub proof: Proof,
    /// The scopes that the change needs.
    pub needed: Scopes,
}

/// What proves who makes a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A token, by what ends it. A new password does, too.
    Token(EndedBy),
    /// The API key with this id.
    Key(String),
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
    /// administrators, then a user's row, then an item's, a session's or a key's. So no two transactions wait for each other.
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
    let mut connection = write.connection();
    // Nobody changes the row until the transaction ends. An administrator's own row comes before the rows of others.
    let user = connection.lock_user(&actor.id).await?;
    // A statement of its own: on PostgreSQL it sees what was committed while the one above has waited.
    let is_proved = is_proved(connection, actor).await?;
    let (gone, is_by_token) = match actor.proof {
        Proof::Token(_) => (NotAllowed::Gone, true),
        // A new password does not end a key.
        Proof::Key(_) => (NotAllowed::KeyEnded, false),
    };
    let refused = match user {
        None => gone,
        Some((_, _, version)) if is_by_token && version != actor.tokens_valid_from => gone,
        Some((true, ..)) => NotAllowed::Disabled,
        Some(_) if !is_proved => gone,
        Some((_, scopes, _)) if !Scopes::parse_granted(&scopes).contains(actor.needed) => {
            NotAllowed::Lacks(actor.needed)
        }
        Some(_) => return Ok(write),
    };
    write.roll_back().await?;
    Err(refused.into())
}

/// Whether the token or the key is still good. On PostgreSQL the row of a session or a key stays until this transaction ends: who
/// ends it waits, and so the change is there before the end is.
async fn is_proved(mut connection: Connection<'_>, actor: &Actor) -> Result<bool, StoreError> {
    let (look, id) = match &actor.proof {
        Proof::Token(EndedBy::Revocation(digest)) => {
            let revoked = Sql::new("SELECT digest FROM revoked_tokens WHERE digest = $1").bind(&**digest);
            return Ok(connection.optional::<(String,)>(revoked).await?.is_none());
        }
        Proof::Token(EndedBy::Session(session_id)) => {
            ("SELECT session_id FROM sessions WHERE session_id = $1 AND user_id = $2 AND ended_at IS NULL", session_id)
        }
        Proof::Key(key_id) => ("SELECT key_id FROM api_keys WHERE key_id = $1 AND user_id = $2", key_id),
    };
    let mut look = Sql::new(look).bind(&**id).bind(&*actor.id);
    if let Connection::Postgres(_) = connection {
        look.push(" FOR KEY SHARE");
    }
    Ok(connection.optional::<(String,)>(look).await?.is_some())
}
