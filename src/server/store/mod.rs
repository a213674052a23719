//! The database: SQLite through sqlx. Only this module contains SQL. Ids and times come from the caller. Most of the SQL is
//! portable; `import`, `lookups`, `listing` and the triggers of the migrations are SQLite's. Rows are never sent to
//! clients: the types on the wire are in `model`.

mod actor;
mod condition;
mod error;
mod file;
mod handle;
mod import;
mod items;
mod listing;
mod logins;
mod lookups;
mod open;
mod readers;
mod rows;
mod search_texts;
mod sweeper;
mod user_changes;
mod user_lists;
mod users;
mod wal_index;
mod write;

pub use self::{
    actor::Actor,
    condition::Condition,
    error::{NotAllowed, StoreError, Unique},
    handle::{CacheCounters, Store},
    import::{Conflict, Import, Imported},
    items::{ItemChange, ItemRow, NewItem, Place},
    listing::{Listed, Listing},
    logins::Credentials,
    open::{OpenError, path},
    rows::{AccountRow, NewUser, UserInDb, UserRow},
    user_changes::{NewHash, UserChange},
};
