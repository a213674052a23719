//! OAuth2's own endpoints. They take form-encoded bodies, so they are Leptos server functions: a browser's form can
//! post to one. The pages call the same functions. Any OAuth2 client may post to the same addresses.

mod answer;
mod error_slot;
mod form;
mod protocol;

pub use answer::{read_token, write_token};
pub use error_slot::ErrorSlot;
pub use form::PasswordForm;
use leptos::server;
use protocol::FormToJson;

use crate::{error::ApiError, model::Token};

/// `POST /token`: the password grant (RFC 6749 §4.3; the tutorial's `login_for_access_token`). Checks the username and
/// password of the form and answers with a bearer token.
///
/// # Errors
/// An invalid form, an unknown grant type or scope, wrong credentials, too many failures, or a full queue.
#[server(name = LoginForAccessToken, prefix = "", endpoint = "token", protocol = FormToJson)]
pub async fn token(
    /// The form's fields.
    form: PasswordForm,
) -> Result<Token, ApiError> {
    use leptos::prelude::use_context;

    use crate::server::{
        accounts::{Login, login_for_access_token},
        security::address::ClientAddress,
        state::AppState,
    };

    let state = use_context::<AppState>().ok_or_else(ApiError::internal)?;
    let address = use_context::<ClientAddress>().ok_or_else(ApiError::internal)?;
    let PasswordForm { username, password, scope } = form;
    login_for_access_token(&state, Login { username, password, scope }, address).await
}
