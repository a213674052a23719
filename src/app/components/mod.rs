//! Components that the pages use.

pub mod flow_panel;
pub mod mark;
pub mod problem;
pub mod ticket;
