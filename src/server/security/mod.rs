//! Authentication and authorization: passwords, tokens, API keys, the rate limit, and the extractors for a handler's signature.

pub mod address;
pub mod any_token;
pub mod api_key;
pub mod api_key_header;
pub mod basic;
pub mod bearer;
pub mod browser_cookie;
pub mod caller;
pub mod client_request;
pub mod client_secret;
pub mod jwt;
pub mod password;
pub mod refresh_token;
pub mod secret;
pub mod throttle;
pub mod valid_token;
