//! OAuth2's token endpoint. It takes a form-encoded body, so it is a Leptos server function: a browser's form can post to it. The
//! pages call the same function. Any OAuth2 client may post to the same address.

mod answer;
mod error_slot;
mod grant;
mod protocol;

pub use answer::{read_token, write_token};
pub use error_slot::ErrorSlot;
pub use grant::{ClientCredentialsForm, Grant, PasswordForm, RefreshTokenForm};
use leptos::server;
use protocol::FormToJson;

use crate::{error::ApiError, model::Token};

/// `POST /token` (RFC 6749 §4.3, §4.4 and §6; the tutorial's `login_for_access_token`). Checks what the client grants: a username and a
/// password, a refresh token, or its own credentials. Answers with a bearer token.
///
/// # Errors
/// An invalid form, an unknown grant type or scope, wrong credentials, a refresh token that is not good, too many failures, or a
/// full queue.
#[server(name = LoginForAccessToken, prefix = "", endpoint = "token", protocol = FormToJson)]
pub async fn token(
    /// The form.
    grant: Grant,
) -> Result<Token, ApiError> {
    use leptos::prelude::use_context;
    use leptos_axum::ResponseOptions;

    use crate::server::{
        accounts::{Issued, Login, Renewal, login_for_access_token, refresh_access_token},
        clients::issue_client_token,
        security::client_request::ClientRequest,
        state::AppState,
    };

    let state = use_context::<AppState>().ok_or_else(ApiError::internal)?;
    let request = use_context::<ClientRequest>().ok_or_else(ApiError::internal)?;
    let Issued { token, cookies } = match grant {
        Grant::Password(PasswordForm { username, password, scope, keep_signed_in, session_id }) => {
            let login = Login { username, password, scope, keep_signed_in, session_id };
            login_for_access_token(&state, login, &request).await?
        }
        Grant::RefreshToken(RefreshTokenForm { refresh_token, session_id, scope }) => {
            refresh_access_token(&state, Renewal { refresh_token, session_id, scope }, &request).await?
        }
        Grant::ClientCredentials(ClientCredentialsForm { client_id, scope }) => {
            let client = request.client.as_ref();
            let token = issue_client_token(&state, client, client_id.as_deref(), scope.as_deref())?;
            Issued { token, cookies: Vec::new() }
        }
    };
    let answer = use_context::<ResponseOptions>().ok_or_else(ApiError::internal)?;
    for cookie in cookies {
        let cookie = http::HeaderValue::try_from(cookie).map_err(|_| ApiError::internal())?;
        answer.append_header(http::header::SET_COOKIE, cookie);
    }
    Ok(token)
}
