//! Sessions, as the settings and the page of a user show them.

mod list;
mod row;

pub use self::{
    list::SessionList,
    row::{moment, place},
};
