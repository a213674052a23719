//! For those who run the server: metrics, readiness, and the id of a request in the log.

pub mod forgetting;
pub mod metrics;
pub mod readiness;
pub mod request_id;
