//! The forms of OAuth2's endpoints, described field by field. [`crate::oauth2::Grant`] reads those of the token endpoint. A test
//! compares the two.

use utoipa::{
    ToSchema,
    openapi::schema::{AnyOfBuilder, ObjectBuilder, Schema, Type},
};

/// The form of the token endpoint.
#[derive(ToSchema)]
#[schema(as = TokenRequest)]
#[serde(untagged)]
pub enum TokenRequest {
    /// A username and a password.
    Password(OAuth2PasswordRequestForm),
    /// A refresh token.
    RefreshToken(OAuth2RefreshTokenRequestForm),
    /// A session whose refresh token is in a cookie.
    Cookie(OAuth2CookieRequestForm),
    /// The credentials of a confidential client, which are in the header.
    ClientCredentials(OAuth2ClientCredentialsRequestForm),
}

/// The form of the password grant (RFC 6749 §4.3.2). Other fields are ignored. A field without a value counts as not
/// sent.
#[derive(ToSchema)]
pub struct OAuth2PasswordRequestForm {
    /// Always `password`. RFC 6749 requires this field; this server does not.
    #[schema(required = false, schema_with = grant_type)]
    pub grant_type: Option<String>,
    /// The name the user logs in with.
    #[schema(min_length = 1, example = "johndoe")]
    pub username: String,
    /// The password, at most 1024 bytes long.
    #[schema(format = Password, min_length = 1, max_length = 1024, example = "secret")]
    pub password: String,
    /// The requested scopes, separated by single spaces. Without them, the token gets all scopes of the user. With `offline_access`
    /// among them, there is a refresh token.
    #[schema(
        nullable = false,
        default = "",
        example = "me items",
        pattern = "^((me|items|me:write|items:write|admin|offline_access)( (me|items|me:write|items:write|admin|offline_access))*)?$"
    )]
    pub scope: Option<String>,
    /// Accepted and not used: a client that has a secret authenticates by HTTP Basic.
    #[schema(nullable = false, example = "")]
    pub client_id: Option<String>,
    /// Accepted and not used.
    #[schema(nullable = false, format = Password, example = "")]
    pub client_secret: Option<String>,
    /// For Cloakroom's own pages: a session begins, and its refresh token goes into a cookie. With `true` the cookie outlives the
    /// browser.
    #[schema(nullable = false, pattern = "^(true|false)?$", example = "")]
    pub keep_signed_in: Option<String>,
    /// For Cloakroom's own pages: the session whose password is typed again. It goes on, if its cookie is there.
    #[schema(nullable = false, example = "")]
    pub session_id: Option<String>,
}

/// The form of the refresh token grant (RFC 6749 §6).
#[derive(ToSchema)]
pub struct OAuth2RefreshTokenRequestForm {
    /// Always `refresh_token`.
    #[schema(pattern = "^refresh_token$", example = "refresh_token")]
    pub grant_type: String,
    /// The refresh token of the last answer.
    #[schema(min_length = 1, format = Password, example = "cloakroom_refresh_…")]
    pub refresh_token: String,
    /// The requested scopes, separated by single spaces: those of the session, or fewer. The session keeps all of them.
    #[schema(
        nullable = false,
        default = "",
        example = "me",
        pattern = "^((me|items|me:write|items:write|admin|offline_access)( (me|items|me:write|items:write|admin|offline_access))*)?$"
    )]
    pub scope: Option<String>,
}

/// The form of the refresh token grant, as Cloakroom's own pages send it. The refresh token is in the cookie.
#[derive(ToSchema)]
pub struct OAuth2CookieRequestForm {
    /// Always `refresh_token`.
    #[schema(pattern = "^refresh_token$", example = "refresh_token")]
    pub grant_type: String,
    /// The id of the session, which the cookie's name has too: the `sid` of the access token.
    #[schema(min_length = 1, example = "0198c0de-5e55-7000-8000-000000000001")]
    pub session_id: String,
}

/// The form of the client credentials grant (RFC 6749 §4.4.2).
#[derive(ToSchema)]
pub struct OAuth2ClientCredentialsRequestForm {
    /// Always `client_credentials`.
    #[schema(pattern = "^client_credentials$", example = "client_credentials")]
    pub grant_type: String,
    /// The requested scopes, separated by single spaces: those of the client, or fewer. Without them, the token gets all of them.
    #[schema(
        nullable = false,
        default = "",
        example = "items",
        pattern = "^((me|items|me:write|items:write|admin)( (me|items|me:write|items:write|admin))*)?$"
    )]
    pub scope: Option<String>,
    /// The client's id, if it is sent, is the same as in the header.
    #[schema(nullable = false, example = "client/billing")]
    pub client_id: Option<String>,
}

/// The form of a revocation (RFC 7009 §2.1).
#[derive(ToSchema)]
pub struct RevocationRequestForm {
    /// The refresh token, or the access token.
    #[schema(min_length = 1, format = Password, example = "cloakroom_refresh_…")]
    pub token: String,
    /// Accepted and not used: a token tells by itself what it is.
    #[schema(nullable = false, example = "refresh_token")]
    pub token_type_hint: Option<String>,
}

/// The form of an introspection (RFC 7662 §2.1).
#[derive(ToSchema)]
pub struct IntrospectionRequestForm {
    /// The access token, or the refresh token.
    #[schema(min_length = 1, format = Password, example = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9…")]
    pub token: String,
    /// Accepted and not used: a token tells by itself what it is.
    #[schema(nullable = false, example = "access_token")]
    pub token_type_hint: Option<String>,
}

/// `password`, or no value. FastAPI's document has the same schema.
fn grant_type() -> Schema {
    let text = || ObjectBuilder::new().schema_type(Type::String);
    AnyOfBuilder::new()
        .item(text().pattern(Some("^password$")))
        .item(text().max_length(Some(0)))
        .description(Some("Always `password`. RFC 6749 requires this field; this server does not."))
        .examples(["password"])
        .build()
        .into()
}
