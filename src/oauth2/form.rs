//! The password grant's form (RFC 6749 §4.3.2; FastAPI's `OAuth2PasswordRequestForm`). It is read strictly: a broken
//! form is refused, not repaired.

use std::fmt;

use percent_encoding::percent_decode;
use serde::{Deserialize, Serialize};
use server_fn::{
    ContentType,
    codec::{Encoding, FromReq, IntoReq},
    request::{ClientReq, Req},
};

use super::LoginForAccessToken;
use crate::{error::ApiError, model::PASSWORD_MAX_BYTES};

/// The fields of a login.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordForm {
    /// The name the user logs in with.
    pub username: String,
    /// The password, in plain text.
    pub password: String,
    /// The scopes to ask for, separated by spaces; `None` for all that the user has.
    pub scope: Option<String>,
}

/// Shows no field, so that no log line can contain the password.
impl fmt::Debug for PasswordForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordForm").finish_non_exhaustive()
    }
}

/// The media type of a form.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

impl PasswordForm {
    /// Reads the body of a login. Unknown fields are ignored. The values of `client_id` and `client_secret` are ignored
    /// too, because the only client is first-party and public. A field without a value counts as not sent
    /// (RFC 6749 §3.2).
    ///
    /// # Errors
    /// [`ApiError::invalid_request`], which says what to send instead, or [`ApiError::unsupported_grant_type`].
    pub fn read(body: &[u8]) -> Result<Self, ApiError> {
        let [mut grant_type, mut username, mut password, mut scope, mut client_id, mut client_secret] =
            [const { None }; 6];
        for field in body.split(|&byte| byte == b'&').filter(|field| !field.is_empty()) {
            let mut sides = field.splitn(2, |&byte| byte == b'=');
            let name = decode(sides.next().unwrap_or_default())?;
            let value = decode(sides.next().unwrap_or_default())?;
            let known = match name.as_str() {
                "grant_type" => &mut grant_type,
                "username" => &mut username,
                "password" => &mut password,
                "scope" => &mut scope,
                "client_id" => &mut client_id,
                "client_secret" => &mut client_secret,
                _ => continue,
            };
            if known.replace(value).is_some() {
                return Err(ApiError::invalid_request("Each field may be sent once only"));
            }
        }
        let sent = |field: Option<String>| field.filter(|value| !value.is_empty());
        if sent(grant_type).is_some_and(|grant_type| grant_type != "password") {
            return Err(ApiError::unsupported_grant_type());
        }
        let username = sent(username).ok_or_else(|| ApiError::invalid_request("The field username is required"))?;
        let password = sent(password).ok_or_else(|| ApiError::invalid_request("The field password is required"))?;
        if password.len() > PASSWORD_MAX_BYTES {
            return Err(ApiError::invalid_request("The password is longer than 1024 bytes"));
        }
        Ok(Self { username, password, scope: sent(scope) })
    }

    /// The body that a browser posts for a form with these fields.
    pub fn write(&self) -> String {
        let mut body = form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.fields() {
            body.append_pair(name, value);
        }
        body.finish()
    }

    /// The fields that are sent, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("grant_type", Some("password")),
            ("username", Some(self.username.as_str())),
            ("password", Some(self.password.as_str())),
            ("scope", self.scope.as_deref()),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name, value)))
    }
}

/// Decodes a name or a value of a form. The usual decoders keep a broken escape and replace bytes that are not UTF-8.
/// Two different passwords could then become the same.
fn decode(text: &[u8]) -> Result<String, ApiError> {
    let broken = || ApiError::invalid_request("The form is not properly encoded: use percent-encoded UTF-8");
    let spaced: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    let mut escapes = spaced.split(|&byte| byte == b'%').skip(1);
    if !escapes.all(|rest| rest.get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))) {
        return Err(broken());
    }
    percent_decode(&spaced).decode_utf8().map(String::from).map_err(|_| broken())
}

/// The encoding of a server function's argument: the body of a posted form.
pub struct OAuth2Form;

impl ContentType for OAuth2Form {
    const CONTENT_TYPE: &'static str = FORM;
}

impl Encoding for OAuth2Form {
    const METHOD: http::Method = http::Method::POST;
}

impl<Request: ClientReq<ApiError>> IntoReq<OAuth2Form, Request, ApiError> for LoginForAccessToken {
    fn into_req(self, path: &str, accepts: &str) -> Result<Request, ApiError> {
        Request::try_new_post(path, FORM, accepts, self.form.write())
    }
}

impl<Request: Req<ApiError> + Send + 'static> FromReq<OAuth2Form, Request, ApiError> for LoginForAccessToken {
    async fn from_req(request: Request) -> Result<Self, ApiError> {
        let media_type = request.to_content_type().unwrap_or_default();
        let is_form = media_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(FORM));
        if !is_form {
            return Err(ApiError::invalid_request("Send a form: Content-Type application/x-www-form-urlencoded"));
        }
        let body = request.try_into_bytes().await?;
        Ok(Self { form: PasswordForm::read(&body)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The username, password and scope of a form, or RFC 6749's error code if the form is refused.
    fn read(body: &[u8]) -> Result<(String, String, Option<String>), String> {
        PasswordForm::read(body)
            .map(|form| (form.username, form.password, form.scope))
            .map_err(|error| error.body.error.unwrap_or_default().into_owned())
    }

    fn login(username: &str, password: &str) -> Result<(String, String, Option<String>), String> {
        Ok((username.to_owned(), password.to_owned(), None))
    }

    #[test]
    fn a_form_needs_a_username_and_a_password_and_nothing_else() {
        assert_eq!(read(b"username=johndoe&password=secret"), login("johndoe", "secret"));
        assert_eq!(
            read(b"grant_type=password&username=a&password=b&scope=me+items&client_id=&client_secret=x&more=1"),
            Ok(("a".to_owned(), "b".to_owned(), Some("me items".to_owned())))
        );
        assert_eq!(read(b"&username=a&&password=b&"), login("a", "b"));
    }

    #[test]
    fn a_field_without_a_value_counts_as_not_sent() {
        assert_eq!(read(b"grant_type=&username=a&password=b&scope="), login("a", "b"));
        for body in [&b""[..], b"username=a", b"password=b", b"username=&password=b", b"username=a&password="] {
            assert_eq!(read(body), Err("invalid_request".to_owned()), "{:?}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn a_known_field_sent_twice_is_refused_even_with_one_value() {
        for body in [
            &b"username=a&username=a&password=b"[..],
            b"username=a&password=b&password=",
            b"username=a&password=b&scope=me&scope=me",
            b"username=a&password=b&client_id=x&client_id=x",
            b"user%6eame=a&username=a&password=b",
        ] {
            assert_eq!(read(body), Err("invalid_request".to_owned()), "{:?}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn another_grant_type_is_refused_with_its_own_code() {
        for grant_type in ["client_credentials", "PASSWORD", "password%20"] {
            let body = format!("grant_type={grant_type}&username=a&password=b");
            assert_eq!(read(body.as_bytes()), Err("unsupported_grant_type".to_owned()), "{grant_type}");
        }
    }

    #[test]
    fn broken_escapes_and_bytes_that_are_not_utf8_are_refused() {
        for body in [
            &b"username=a&password=%zz"[..],
            b"username=a&password=%",
            b"username=a&password=%4",
            b"username=a&password=%+1",
            b"username=a&password=%FF",
            b"username=a&password=\xff",
            b"username=a&password=%C3",
            b"username=a&password=b&x%=1",
        ] {
            assert_eq!(read(body), Err("invalid_request".to_owned()), "{:?}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn every_character_survives_the_way_to_the_server() {
        for password in ["a+b", "a&b=c", "100%", "päss wörd", "🔑", "a\0b", "\"\\'<>", "line\r\nbreak", "%41", ";"]
        {
            let form =
                PasswordForm { username: "ada+x@example.com".to_owned(), password: password.to_owned(), scope: None };
            assert_eq!(read(form.write().as_bytes()), login("ada+x@example.com", password), "{password:?}");
        }
    }

    #[test]
    fn a_password_over_the_limit_is_refused_in_bytes() {
        let body = |bytes: usize| format!("username=a&password={}", "a".repeat(bytes));
        assert!(read(body(1024).as_bytes()).is_ok());
        assert_eq!(read(body(1025).as_bytes()), Err("invalid_request".to_owned()));
    }
}

#[cfg(test)]
mod proptests;
