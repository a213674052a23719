//! The database: SQLite or PostgreSQL, through sqlx. Only this module contains SQL. Each statement is written once, in words
//! that both engines take. What only one of them does is in `sqlite` and in `postgres`. Ids and times come from the caller.
//! Rows are never sent to clients: the types on the wire are in `model`.

mod actor;
mod api_keys;
mod clients;
mod condition;
mod connection;
mod copy;
mod engine;
mod error;
mod forgetting;
mod guesses;
mod handle;
mod import;
mod items;
mod known;
mod listing;
mod logins;
mod lookups;
mod open_error;
mod opening;
mod postgres;
mod remembered;
mod renewals;
mod rows;
mod search_texts;
mod sessions;
mod sql;
mod sqlite;
#[cfg(test)]
mod testing;
mod token_key;
mod token_keys;
mod user_changes;
mod user_lists;
mod users;

pub use self::{
    actor::{Actor, Proof},
    api_keys::{KeyRow, NewKey},
    clients::{ClientRow, KeptSecret, ListedClient},
    condition::Condition,
    copy::{Copied, Copy, CopyError},
    error::{NotAllowed, StoreError, Unique},
    guesses::{Count, LockedCounts},
    handle::{CacheCounters, Store},
    import::{Conflict, Import, Imported},
    items::{ItemChange, ItemRow, NewItem, Place},
    known::{EndedBy, KeyWithUser, KnownToken},
    listing::{Listed, Listing},
    logins::Credentials,
    open_error::OpenError,
    opening::file,
    renewals::{LockedSession, LoginAgain, Next, RenewableSession, UsedToken},
    rows::{AccountRow, NewUser, UserInDb, UserRow},
    sessions::{NewSession, SessionRow},
    sqlite::{BackedUp, BackupError, back_up},
    token_key::{OwnKeys, SharedKey},
    token_keys::{KeptKey, LockedKeys},
    user_changes::{NewHash, UserChange},
};
pub use super::settings::DatabaseSettings;
