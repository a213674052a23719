//! A part of a list.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A part of a list, and how long the whole list is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The entries of this part.
    pub data: Vec<T>,
    /// How many entries match in all: not the length of this part.
    #[schema(minimum = 0)]
    pub count: i64,
}
