//! The keys that sign and check tokens. One signs, and several may check. `key` is one of them. `order` says which of
//! several signs. `ring` has those of a server at one moment, and says which of them checks a token. `rotation` has the rules by which one
//! takes the place of another. `file` and `place` keep them: beside
//! SQLite's file, or in PostgreSQL. `live` is the ring of a server that runs. `start` decides at the start, and `commands` are the
//! operator's.

mod commands;
mod error;
mod file;
mod key;
mod live;
mod order;
mod place;
mod ring;
mod rotation;
mod start;

pub use self::{
    commands::{Rotated, list, remove, rotate},
    error::KeyError,
    file::{key_path, keys_path},
    key::{Key, PublicKey},
    live::LiveRing,
    place::KeyPlace,
    ring::{KeyRing, RingKey, Source, UnreadableKey},
    rotation::When,
    start::{Started, ensure, start},
};
