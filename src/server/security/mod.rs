//! Authentication and authorization: passwords, tokens, the rate limit, and the extractors for a handler's signature.

pub mod address;
pub mod bearer;
pub mod jwt;
pub mod password;
pub mod secret;
pub mod throttle;
