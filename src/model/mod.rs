//! The types that go over the wire, and the rules for their values. The browser and the server share them. Nothing here
//! reads a database, a clock or a request. Nothing here knows how an answer is sent.

mod item;
mod jwt;
mod scope;
mod token;
mod user;

pub use item::Item;
pub use jwt::{Jwt, MalformedJwt};
pub use scope::{ADMIN, ITEMS, ITEMS_WRITE, ME, ME_WRITE, Scopes, UnknownScope};
pub use token::Token;
pub use user::{
    PASSWORD_MAX_BYTES, PASSWORD_MIN_CHARACTERS, User, check_email, check_full_name, check_new_password, check_username,
};
