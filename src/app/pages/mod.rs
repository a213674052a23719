//! The pages.

pub mod account;
pub mod login;
pub mod not_found;
