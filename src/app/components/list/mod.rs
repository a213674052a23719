//! What the lists have in common: the search, the pages, and the address that says which part is shown.

pub mod missing;
pub mod page_size;
pub mod place;
pub mod region;
pub mod search_field;
pub mod wanted;
