//! Settings that may be unset.

use serde::{Deserialize, Deserializer};

/// An empty value counts as unset, as in a shell: `CLOAKROOM__TOKEN__SECRET_KEY=`.
pub fn present<'de, D: Deserializer<'de>, T: From<String>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.filter(|value| !value.is_empty()).map(T::from))
}
