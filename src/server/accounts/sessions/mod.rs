//! Sessions: how they begin, go on by refresh tokens (RFC 6749 §6, RFC 9700 §4.14), and end.

mod answer;
mod live;
mod login;
mod renewal;
mod revocation;
mod rotation;

pub(super) use self::login::{LoggedIn, begin_or_go_on};
pub use self::{
    live::{LiveSession, session_of_refresh_token},
    renewal::{Renewal, refresh_access_token},
    revocation::revoke,
};
