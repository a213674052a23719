//! The handlers of the API. Each translates one call into HTTP's words, and decides nothing.

pub mod api_keys;
mod body;
mod condition;
pub mod health;
pub mod introspection;
pub mod items;
pub mod key_set;
pub mod me;
pub mod metadata;
pub mod paging;
mod path;
pub mod revocation;
pub mod sessions;
pub mod status;
pub mod token;
mod token_form;
pub mod users;

/// The first parts of the API's paths. Every answer below them is JSON, also for browsers.
pub const FIRST_PARTS: [&str; 9] =
    [".well-known", "health", "introspect", "items", "openapi.json", "revoke", "status", "token", "users"];
