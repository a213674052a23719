//! Only this module reads the clock. Other code gets the time as an argument. It also writes times for people.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

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

/// A time in Unix milliseconds as people and programs read it: RFC 3339, in UTC. A time that no calendar has is
/// 1970.
pub fn rfc_3339(unix_milliseconds: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(unix_milliseconds) * 1_000_000);
    let text = time.ok().and_then(|time| time.format(&Rfc3339).ok());
    text.unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_in_utc_and_a_time_that_no_calendar_has_is_no_trouble() {
        assert_eq!(rfc_3339(1_764_079_200_123), "2025-11-25T14:00:00.123Z");
        assert_eq!(rfc_3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc_3339(i64::MAX), "1970-01-01T00:00:00Z");
    }
}
