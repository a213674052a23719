//! The UI: rendered on the server, then hydrated in the browser. It draws pages and calls the API that every client
//! calls. All decisions are the server's.
//!
//! The token is in the browser's storage, so the server does not know who looks at a page. It renders the same page for
//! everybody. After hydration the browser reads the storage, and then the page knows its user.
//!
//! The login page is in the WASM that every page loads. The pages behind it are in a second one: see [`signed_in`].

mod ask;
mod client;
mod components;
mod demo;
mod document;
mod entrance;
pub mod facts;
mod flow;
mod form;
mod latest;
mod log_in;
mod log_in_again;
mod log_out;
mod me;
mod new_password;
mod next;
mod page_name;
mod pages;
mod renewal;
mod root;
mod session;
mod signed_in;
mod stamp;
mod step_up;
mod table;
pub mod theme;
mod unsaved;
mod user_agent;
mod way_out;
mod who;

pub use self::{
    demo::Demo,
    document::Document,
    facts::Facts,
    root::{App, AppProps, rendered},
    table::{PAGES, Page},
};
