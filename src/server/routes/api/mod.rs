//! The handlers of the API. Each translates one call into HTTP's words, and decides nothing.

pub mod health;
pub mod me;
pub mod metadata;
pub mod status;
pub mod token;

/// The first parts of the API's paths. Every answer below them is JSON, also for browsers.
pub const FIRST_PARTS: [&str; 7] = [".well-known", "health", "items", "openapi.json", "status", "token", "users"];
