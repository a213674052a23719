//! Why a user was not created or changed.

use crate::{
    model::BrokenRule,
    server::{security::password::HashError, store::StoreError},
};

/// Why a user was not created or changed.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// A value breaks a rule of `model`.
    #[error(transparent)]
    Rule(#[from] BrokenRule),
    /// The password could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The database refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}
