//! What is decided about users: logins, sign-ups, changes, API keys. The handlers in `server::routes` and the command line call it.

mod access_token;
mod api_keys;
mod authenticate;
mod changes;
mod common;
pub mod demo;
mod error;
mod login;
mod new_password;
mod sessions;
mod sign_up;
mod transfer;

pub use self::{
    access_token::Issued,
    api_keys::{create_api_key, end_api_key, scopes_of_key},
    authenticate::authenticate_user,
    changes::{change_user, delete_user, log_change, update_password},
    error::UserError,
    login::{Login, login_for_access_token},
    new_password::new_password,
    sessions::{LiveSession, Renewal, refresh_access_token, revoke, session_of_refresh_token},
    sign_up::{create_user, sign_up},
    transfer::{ExportError, ImportError, export, import},
};
