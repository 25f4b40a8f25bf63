//! The calendar time, for labels only: nothing is ever measured with it.

use std::time::SystemTime;

/// The time now in UTC as RFC 3339 with milliseconds, such as `2026-11-21T10:46:56.123Z`.
pub fn utc_now() -> String {
    humantime::format_rfc3339_millis(SystemTime::now()).to_string()
}
