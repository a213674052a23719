//! Who is asking, and may they: passwords, tokens, and the extractors that a handler's signature is made of.

pub mod address;
pub mod bearer;
pub mod jwt;
pub mod password;
pub mod secret;
pub mod throttle;
