//! A list of items: the signed-in user's own, or the ones of a user that an administrator looks at.

mod conflict;
mod editor;
mod form;
mod list;
pub mod page_size;
mod row;
mod shown;
pub mod wanted;

pub use self::list::ItemList;
