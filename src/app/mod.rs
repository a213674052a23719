//! The UI: rendered on the server, then hydrated in the browser. It draws pages and calls the API that every client
//! calls. All decisions are the server's.
//!
//! The token is in the browser's storage, so the server does not know who looks at a page. It renders the same page for
//! everybody. After hydration the browser reads the storage, and then the page knows its user.
//!
//! The login page is in the WASM that every page loads. The pages behind it are in a second one: see [`signed_in`].

mod client;
mod components;
mod document;
mod entrance;
mod flow;
mod next;
mod pages;
mod root;
mod session;
mod signed_in;
mod table;

pub use self::{
    document::Document,
    root::{App, AppProps, rendered},
    table::{PAGES, Page},
};
