//! A user as it is sent over the wire. The password's hash cannot be part of it: only the types of `server::store` hold
//! the hash.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Email, FullName, NewPassword, Scopes, Username};

/// The answer of `GET /users/me`: the tutorial's `User`, exactly these four fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "username": "johndoe",
    "email": "johndoe@example.com",
    "full_name": "John Doe",
    "disabled": false,
}))]
pub struct User {
    /// The name the user logs in with. It is a token's `sub`.
    pub username: String,
    /// The e-mail address; null if there is none.
    #[schema(required)]
    pub email: Option<String>,
    /// The full name; null if there is none.
    #[schema(required)]
    pub full_name: Option<String>,
    /// Whether the account is disabled. Its tokens are then refused.
    pub disabled: bool,
}

/// What an administrator sees of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "username": "johndoe",
    "email": "johndoe@example.com",
    "full_name": "John Doe",
    "disabled": false,
    "scopes": ["me", "items", "me:write", "items:write"],
    "created_at": "2026-11-25T09:30:00.000Z",
    "last_login_at": null,
}))]
pub struct Account {
    /// The name the user logs in with. It is a token's `sub`.
    pub username: String,
    /// The e-mail address; null if there is none.
    #[schema(required)]
    pub email: Option<String>,
    /// The full name; null if there is none.
    #[schema(required)]
    pub full_name: Option<String>,
    /// Whether the account is disabled. Its tokens are then refused.
    pub disabled: bool,
    /// The scopes that the user is granted.
    pub scopes: Vec<String>,
    /// When the account was created (RFC 3339, UTC).
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When the user last logged in (RFC 3339, UTC); null if never.
    #[schema(required, format = DateTime)]
    pub last_login_at: Option<String>,
}

/// The body of `POST /users`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "username": "ada",
    "password": "purple umbrella stand",
    "email": "ada@example.com",
    "full_name": "Ada Lovelace",
}))]
pub struct UserCreate {
    /// The name to log in with. It cannot be changed later.
    pub username: Username,
    /// The password: at least `password.min-length` characters, none of the common ones, and not made of the username,
    /// the e-mail address or the service's name.
    pub password: NewPassword,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Email>)]
    pub email: Option<Email>,
    /// The full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<FullName>)]
    pub full_name: Option<FullName>,
    /// What the user may do. Only an administrator may send this. Without it: `me items me:write items:write`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub scopes: Option<Scopes>,
    /// Whether the account starts disabled. Only an administrator may send this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub disabled: Option<bool>,
}

/// The body of `PATCH /users/me`. A member that is left out stays as it is.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[schema(example = json!({"email": "ada@example.org", "full_name": null}))]
pub struct UserUpdateMe {
    /// The new e-mail address; null removes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Email>)]
    pub email: Option<Option<Email>>,
    /// The new full name; null removes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<FullName>)]
    pub full_name: Option<Option<FullName>>,
}

/// The body of `PATCH /users/{username}`. A member that is left out stays as it is.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[schema(example = json!({"disabled": true}))]
pub struct UserUpdate {
    /// The new e-mail address; null removes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Email>)]
    pub email: Option<Option<Email>>,
    /// The new full name; null removes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<FullName>)]
    pub full_name: Option<Option<FullName>>,
    /// Whether the account is disabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub disabled: Option<bool>,
    /// What the user may do from now on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub scopes: Option<Scopes>,
    /// A new password. It ends the user's tokens and a lockout.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub password: Option<NewPassword>,
}

/// The body of `PUT /users/me/password`.
#[derive(Clone, Serialize, ToSchema)]
#[schema(example = json!({"current_password": "secret", "new_password": "purple umbrella stand"}))]
pub struct UpdatePassword {
    /// The password that is to be replaced.
    #[schema(format = Password)]
    pub current_password: String,
    /// The new password, by the same rules as at sign-up.
    pub new_password: NewPassword,
}
