//! What a browser shows: the UI's pages and files, and `/docs`.

pub mod accept_encoding;
pub mod docs;
pub mod files;
pub mod pages;
