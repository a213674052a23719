//! The names of environment variables: which look like a setting, but are none.

use std::collections::HashMap;

/// A variable that looks like a setting, but is not one. It begins with `CLOAKROOM_` but not with `CLOAKROOM__`, or it
/// has characters that no key has. A name after `CLOAKROOM__` is compared with the keys later.
pub fn mistyped(environment: &HashMap<String, String>) -> Option<&String> {
    let is_mistyped = |(name, value): &(&String, &String)| {
        let name = name.to_ascii_uppercase();
        let Some(rest) = name.strip_prefix("CLOAKROOM_") else { return false };
        let may_be_setting = rest.starts_with('_') && is_key(&name);
        !(may_be_setting || is_from_kubernetes(rest, value))
    };
    environment.iter().find(is_mistyped).map(|(name, _)| name)
}

/// Whether Kubernetes sets this variable. It does so in every container, for each service of the namespace: here for
/// `cloakroom` and for services whose names begin with `cloakroom-`.
fn is_from_kubernetes(rest: &str, value: &str) -> bool {
    let rest = format!("_{rest}");
    let is_address = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    let is_numbered_port = rest.split("_PORT_").skip(1).any(|end| end.starts_with(|c: char| c.is_ascii_digit()));
    rest.ends_with("_SERVICE_HOST")
        || rest.ends_with("_SERVICE_PORT")
        || rest.contains("_SERVICE_PORT_")
        || rest.ends_with("_PORT") && is_address
        || is_numbered_port
}

/// Whether this can be the key of a setting. `config` accepts more: `[9]` would make a list of ten.
pub fn is_key(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
}
