//! Components that the pages use.

pub mod conflict;
pub mod dialog;
pub mod fields;
pub mod flow_panel;
pub mod icons;
pub mod items;
pub mod leaving;
pub mod list;
pub mod loading;
pub mod mark;
pub mod menu;
pub mod not_allowed;
pub mod offline;
pub mod pager;
pub mod password_for;
pub mod problem;
pub mod question;
pub mod scope_choices;
pub mod session_watch;
pub mod sessions;
pub mod step_up_dialog;
pub mod tabs;
pub mod theme_choice;
pub mod ticket;
pub mod toasts;
