//! Parts that pages are made of.

pub mod flow_panel;
pub mod mark;
pub mod problem;
pub mod ticket;
