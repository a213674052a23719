//! For those who run the server: metrics, readiness, the id of a request in the log, and what is done beside the requests.

pub mod forgetting;
pub mod key_uses;
pub mod key_watch;
pub mod metrics;
pub mod readiness;
pub mod request_id;
