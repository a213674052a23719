//! The sockets: which connections are accepted, how long they may take, and TLS. What is said on them is decided in
//! `server::routes`.

pub mod connections;
pub mod tls;
