//! The types that go over the wire, and the rules for their values. The browser and the server share them. A value that has
//! a rule is a type of its own, which only parsing makes. Nothing here reads a database, a clock or a request. Nothing here
//! knows how an answer is sent.

mod api_key;
mod client_name;
mod email;
mod full_name;
mod introspection;
mod item;
mod jwt;
mod page;
mod password;
mod rule;
mod scope;
mod session;
mod text;
mod token;
mod user;
mod username;

pub use api_key::{ApiKey, ApiKeyCreate, KeyLifetime, KeyName};
pub use client_name::ClientName;
pub use email::Email;
pub use full_name::FullName;
pub use introspection::Introspection;
pub use item::{Description, Item, ItemCreate, ItemUpdate, Title};
pub use jwt::{Jwt, MalformedJwt};
pub use page::Page;
pub use password::{
    NewPassword, PASSWORD_DEFAULT_CHARACTERS, PASSWORD_MAX_BYTES, PASSWORD_MIN_CHARACTERS, PasswordRules,
};
pub use rule::BrokenRule;
pub use scope::{ADMIN, ITEMS, ITEMS_WRITE, ME, ME_WRITE, OFFLINE_ACCESS, Scopes, UnknownScope};
pub use session::{EndedSession, Session};
pub use token::Token;
pub use user::{Account, UpdatePassword, User, UserCreate, UserUpdate, UserUpdateMe};
pub use username::Username;

#[cfg(test)]
mod proptests;
