//! Authentication and authorization: passwords, tokens, the rate limit, and the extractors for a handler's signature.

pub mod address;
pub mod bearer;
pub mod browser_cookie;
pub mod client_request;
pub mod jwt;
pub mod password;
pub mod refresh_token;
pub mod secret;
pub mod throttle;
