//! What is decided about confidential clients: who they are, what they get, and what they are told of tokens. The handlers in
//! `server::routes` and the command line call it.

mod authentication;
mod credentials;
mod introspection;
mod registry;

pub use self::{
    authentication::authenticate,
    credentials::issue_client_token,
    introspection::introspect,
    registry::{ClientError, add, change_secret, remove},
};
