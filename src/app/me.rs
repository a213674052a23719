//! The user who is signed in, loaded once for the frame and all pages.

use super::client::{Loaded, load};
use crate::model::User;

/// Where the API has the user.
pub const ME: &str = "/users/me";

/// The answer of `GET /users/me`. A page that changes it calls `refetch`.
#[derive(Clone, Copy)]
pub struct Me(pub Loaded<User>);

impl Me {
    /// Loads the user.
    pub fn load() -> Self {
        Self(load(|| ME.to_owned()))
    }
}
