//! The only place that reads the clock. Logic is handed the time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The time since 1970-01-01T00:00:00Z; a clock set before that counts as that moment.
fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Now, in whole Unix seconds: the unit of a JWT's `exp` and `iat`.
pub fn unix_seconds() -> i64 {
    i64::try_from(since_epoch().as_secs()).unwrap_or(i64::MAX)
}

/// Now, in Unix milliseconds: what rows are ordered by.
pub fn unix_milliseconds() -> i64 {
    i64::try_from(since_epoch().as_millis()).unwrap_or(i64::MAX)
}

/// Now, to measure from: unlike the others, it goes on evenly when somebody sets the clock.
pub fn monotonic() -> Instant {
    Instant::now()
}
