//! Scopes as arguments.

use cloakroom::model::Scopes;

use crate::failure::Failure;

/// Reads scopes, separated by spaces. None at all are good too.
pub fn read_scopes(list: &str) -> Result<Scopes, Failure> {
    if list.is_empty() {
        return Ok(Scopes::default());
    }
    Scopes::parse(list).ok().filter(|scopes| Scopes::ALL.contains(*scopes)).ok_or(Failure::Scope)
}
