//! The grants of the token endpoint (RFC 6749 §4.3, §4.4 and §6), each with its form.

use std::fmt;

use serde::{Deserialize, Serialize};
use server_fn::{
    ContentType,
    codec::{Encoding, FromReq, IntoReq},
    request::{ClientReq, Req},
};

use super::LoginForAccessToken;
use crate::{
    error::ApiError,
    form::{self, FORM},
    model::PASSWORD_MAX_BYTES,
};

/// What a client gets a token for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Grant {
    /// A username and a password.
    Password(PasswordForm),
    /// A refresh token.
    RefreshToken(RefreshTokenForm),
    /// The credentials of a confidential client. They are in the header, not in the form.
    ClientCredentials(ClientCredentialsForm),
}

/// The password grant's form (RFC 6749 §4.3.2; FastAPI's `OAuth2PasswordRequestForm`).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordForm {
    /// The name the user logs in with.
    pub username: String,
    /// The password, in plain text.
    pub password: String,
    /// The scopes to ask for, separated by spaces; `None` for all that the user has.
    pub scope: Option<String>,
    /// Only Cloakroom's own pages send this: a session begins, whose refresh token is in a cookie. If true, the cookie outlives the
    /// browser.
    pub keep_signed_in: Option<bool>,
    /// Only Cloakroom's own pages send this: the password is typed again, and this session goes on.
    pub session_id: Option<String>,
}

/// The refresh token grant's form (RFC 6749 §6). It has one of the first two.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshTokenForm {
    /// The refresh token.
    pub refresh_token: Option<String>,
    /// Only Cloakroom's own pages send this: the session whose cookie has the refresh token.
    pub session_id: Option<String>,
    /// The scopes to ask for, separated by spaces; `None` for all that the session was given.
    pub scope: Option<String>,
}

/// The client credentials grant's form (RFC 6749 §4.4.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientCredentialsForm {
    /// The client's id, if it is sent here too.
    pub client_id: Option<String>,
    /// The scopes to ask for, separated by spaces; `None` for all that the client has.
    pub scope: Option<String>,
}

/// Shows no field, so that no log line can contain the password.
impl fmt::Debug for PasswordForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordForm").finish_non_exhaustive()
    }
}

/// Shows no field, so that no log line can contain the token.
impl fmt::Debug for RefreshTokenForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshTokenForm").finish_non_exhaustive()
    }
}

impl Grant {
    /// Reads the body of a request for a token. `client_secret` is ignored, as a client that has one authenticates by HTTP Basic. So is
    /// `client_id`, but with the client credentials grant: public clients are not told apart.
    ///
    /// # Errors
    /// [`ApiError::invalid_request`], which says what to send instead, or [`ApiError::unsupported_grant_type`].
    pub fn read(body: &[u8]) -> Result<Self, ApiError> {
        let names = [
            "grant_type",
            "username",
            "password",
            "scope",
            "client_id",
            "client_secret",
            "keep_signed_in",
            "refresh_token",
            "session_id",
        ];
        let [grant_type, username, password, scope, client_id, _, keep_signed_in, refresh_token, session_id] =
            form::read(body, names)?;
        match grant_type.as_deref() {
            None | Some("password") => {
                let username = username.ok_or_else(|| ApiError::invalid_request("The field username is required"))?;
                let password = password.ok_or_else(|| ApiError::invalid_request("The field password is required"))?;
                if password.len() > PASSWORD_MAX_BYTES {
                    return Err(ApiError::invalid_request("The password is longer than 1024 bytes"));
                }
                let keep_signed_in = match keep_signed_in.as_deref() {
                    None => None,
                    Some("true") => Some(true),
                    Some("false") => Some(false),
                    Some(_) => return Err(ApiError::invalid_request("The field keep_signed_in is true or false")),
                };
                Ok(Self::Password(PasswordForm { username, password, scope, keep_signed_in, session_id }))
            }
            Some("refresh_token") if refresh_token.is_some() && session_id.is_some() => {
                Err(ApiError::invalid_request("Send refresh_token or session_id, not both"))
            }
            Some("refresh_token") if refresh_token.is_none() && session_id.is_none() => {
                Err(ApiError::invalid_request("The field refresh_token is required"))
            }
            Some("refresh_token") => Ok(Self::RefreshToken(RefreshTokenForm { refresh_token, session_id, scope })),
            Some("client_credentials") => Ok(Self::ClientCredentials(ClientCredentialsForm { client_id, scope })),
            Some(_) => Err(ApiError::unsupported_grant_type()),
        }
    }

    /// The body that a browser posts for a form with these fields.
    pub fn write(&self) -> String {
        let mut body = form_urlencoded::Serializer::new(String::new());
        let mut add = |name: &str, value: &str| {
            body.append_pair(name, value);
        };
        match self {
            Self::Password(form) => form.fields().for_each(|(name, value)| add(name, value)),
            Self::RefreshToken(form) => form.fields().for_each(|(name, value)| add(name, value)),
            Self::ClientCredentials(form) => form.fields().for_each(|(name, value)| add(name, value)),
        }
        body.finish()
    }
}

impl PasswordForm {
    /// The form of Cloakroom's own pages: a session begins, whose cookie outlives the browser if the person stays signed in.
    pub fn for_a_browser(username: String, password: String, stays: bool) -> Self {
        Self { username, password, scope: None, keep_signed_in: Some(stays), session_id: None }
    }

    /// The fields that are sent, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let keep_signed_in = self.keep_signed_in.map(|keep| if keep { "true" } else { "false" });
        sent([
            ("grant_type", Some("password")),
            ("username", Some(&self.username)),
            ("password", Some(&self.password)),
            ("scope", self.scope.as_deref()),
            ("keep_signed_in", keep_signed_in),
            ("session_id", self.session_id.as_deref()),
        ])
    }
}

impl RefreshTokenForm {
    /// The fields that are sent, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        sent([
            ("grant_type", Some("refresh_token")),
            ("refresh_token", self.refresh_token.as_deref()),
            ("session_id", self.session_id.as_deref()),
            ("scope", self.scope.as_deref()),
        ])
    }
}

impl ClientCredentialsForm {
    /// The fields that are sent, in order.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        sent([
            ("grant_type", Some("client_credentials")),
            ("client_id", self.client_id.as_deref()),
            ("scope", self.scope.as_deref()),
        ])
    }
}

/// The fields that have a value.
fn sent<'a, const N: usize>(
    fields: [(&'static str, Option<&'a str>); N],
) -> impl Iterator<Item = (&'static str, &'a str)> {
    fields.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)))
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
        Request::try_new_post(path, FORM, accepts, self.grant.write())
    }
}

impl<Request: Req<ApiError> + Send + 'static> FromReq<OAuth2Form, Request, ApiError> for LoginForAccessToken {
    async fn from_req(request: Request) -> Result<Self, ApiError> {
        form::check_media_type(&request.to_content_type().unwrap_or_default())?;
        let body = request.try_into_bytes().await?;
        Ok(Self { grant: Grant::read(&body)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The username, password and scope of a form, or RFC 6749's error code if the form is refused.
    fn read(body: &[u8]) -> Result<(String, String, Option<String>), String> {
        match Grant::read(body) {
            Ok(Grant::Password(form)) => Ok((form.username, form.password, form.scope)),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.body.error.unwrap_or_default().into_owned()),
        }
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
        for grant_type in ["authorization_code", "PASSWORD", "password%20"] {
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
            let form = PasswordForm {
                username: "ada+x@example.com".to_owned(),
                password: password.to_owned(),
                scope: None,
                keep_signed_in: Some(true),
                session_id: Some("a-b".to_owned()),
            };
            assert_eq!(
                read(Grant::Password(form).write().as_bytes()),
                login("ada+x@example.com", password),
                "{password:?}"
            );
        }
    }

    #[test]
    fn a_renewal_names_a_refresh_token_or_the_session_whose_cookie_has_it() {
        let read = |body: &str| match Grant::read(body.as_bytes()) {
            Ok(Grant::RefreshToken(form)) => Ok((form.refresh_token, form.session_id, form.scope)),
            Ok(other) => panic!("{other:?}"),
            Err(error) => Err(error.body.error.unwrap_or_default().into_owned()),
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(read("grant_type=refresh_token&refresh_token=a&scope=me"), Ok((some("a"), None, some("me"))));
        assert_eq!(read("grant_type=refresh_token&session_id=b"), Ok((None, some("b"), None)));
        for body in ["", "&refresh_token=", "&refresh_token=a&session_id=b", "&refresh_token=a&refresh_token=a"] {
            assert_eq!(read(&format!("grant_type=refresh_token{body}")), Err("invalid_request".to_owned()), "{body}");
        }
    }

    #[test]
    fn a_client_asks_for_a_token_of_its_own_with_scopes_and_its_id_or_without() {
        let read = |body: &str| match Grant::read(body.as_bytes()) {
            Ok(Grant::ClientCredentials(form)) => (form.client_id, form.scope),
            other => panic!("{other:?}"),
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(read("grant_type=client_credentials"), (None, None));
        let all = "grant_type=client_credentials&scope=items&client_id=client%2Fa&client_secret=x&username=y";
        assert_eq!(read(all), (some("client/a"), some("items")));
    }

    #[test]
    fn a_browser_says_by_one_of_two_words_whether_it_stays_signed_in() {
        let read = |word: &str| Grant::read(format!("username=a&password=b&keep_signed_in={word}").as_bytes());
        let kept = |word: &str| match read(word) {
            Ok(Grant::Password(form)) => form.keep_signed_in,
            other => panic!("{other:?}"),
        };
        assert_eq!((kept("true"), kept("false"), kept("")), (Some(true), Some(false), None));
        assert!(read("on").is_err());
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
