//! The token endpoint's form, described field by field. [`crate::oauth2::PasswordForm`] reads the form. A test compares
//! the two.

use utoipa::{
    ToSchema,
    openapi::schema::{AnyOfBuilder, ObjectBuilder, Schema, Type},
};

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
    /// The requested scopes, separated by single spaces. Without them, the token gets all scopes of the user.
    #[schema(
        nullable = false,
        default = "",
        example = "me items",
        pattern = "^((me|items|me:write|items:write|admin)( (me|items|me:write|items:write|admin))*)?$"
    )]
    pub scope: Option<String>,
    /// Accepted and not used: the only client is first-party and public.
    #[schema(nullable = false, example = "")]
    pub client_id: Option<String>,
    /// Accepted and not used.
    #[schema(nullable = false, format = Password, example = "")]
    pub client_secret: Option<String>,
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
