//! The folder of the UI's files: their addresses, and the check that it holds no secret. `server::routes::ui` serves
//! them.

pub mod assets;
pub mod site;
