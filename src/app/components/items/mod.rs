//! A list of items: the signed-in user's own, or the ones of a user that an administrator looks at.

mod editor;
mod empty;
mod form;
mod list;
mod row;
mod shown;
mod table;

pub use self::list::ItemList;
