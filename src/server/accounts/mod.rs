//! What is decided about users: logins, sign-ups, changes. The handlers in `server::routes` and the command line call it.

pub mod demo;
pub mod login;
pub mod users;
