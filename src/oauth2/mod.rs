//! OAuth2's own endpoints: form-encoded, and so Leptos server functions, which is what a browser's form posts to. The
//! browser's side of each is the very call that the pages make; any OAuth2 client may post to the same address.

mod fetch;
mod form;
mod refusal;

pub use fetch::Fetch;
pub use form::{OAuth2Form, PasswordForm};
use leptos::server;
pub use refusal::Refusal;
use server_fn::codec::Json;

use crate::{error::ApiError, model::Token};

/// `POST /token`: the password grant (RFC 6749 §4.3; the tutorial's `login_for_access_token`). Checks the username and
/// password of the form and answers with a bearer token.
///
/// # Errors
/// Each row of the token endpoint's table: a form that is not one, an unknown grant type or scope, the wrong
/// credentials, too many failures, a full queue.
#[server(name = LoginForAccessToken, prefix = "", endpoint = "token", input = OAuth2Form, output = Json, client = Fetch)]
pub async fn token(
    /// The form's fields.
    form: PasswordForm,
) -> Result<Token, ApiError> {
    use leptos::prelude::use_context;

    use crate::server::{login::login_for_access_token, security::address::ClientAddress, state::AppState};

    let state = use_context::<AppState>().ok_or_else(ApiError::internal)?;
    let address = use_context::<ClientAddress>().ok_or_else(ApiError::internal)?;
    login_for_access_token(&state, form, address).await
}
