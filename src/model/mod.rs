//! The words on the wire, shared by the browser and the server, and the rules a value obeys. Nothing here reads a
//! database, a clock or a request; nothing here knows how an answer is sent.

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
