//! Only this module reads the clock. Other code gets the time as an argument.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The time since 1970-01-01T00:00:00Z. Zero if the clock is set before that.
fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Now, in whole Unix seconds: the unit of a JWT's `exp` and `iat`.
pub fn unix_seconds() -> i64 {
    i64::try_from(since_epoch().as_secs()).unwrap_or(i64::MAX)
}

/// Now, in Unix milliseconds: rows are ordered by this time.
pub fn unix_milliseconds() -> i64 {
    i64::try_from(since_epoch().as_millis()).unwrap_or(i64::MAX)
}

/// Now, for measuring durations. A change of the system's clock does not affect it.
pub fn monotonic() -> Instant {
    Instant::now()
}
