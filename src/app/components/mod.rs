//! Components that the pages use.

pub mod flow_panel;
pub mod loading;
pub mod mark;
pub mod menu;
pub mod problem;
pub mod ticket;
