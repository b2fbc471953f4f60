//! Moments as milliseconds since 1970, and as RFC 3339 writes them, in UTC.
//!
//! ```
//! assert_eq!(netlab::exercise::clock::rfc3339(951_782_400_000), "2000-02-29T00:00:00.000Z");
//! ```

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Moment = u64;

/// This moment. A clock that stands before 1970 says 0.
pub fn now() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A moment as RFC 3339 writes it, in UTC, to the millisecond.
pub fn rfc3339(moment: Moment) -> String {
    let (days, rest) = (moment / 86_400_000, moment % 86_400_000);
    let (year, month, day) = date(days);
    let (seconds, milliseconds) = (rest / 1000, rest % 1000);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milliseconds:03}Z")
}

/// The date that is so many days after 1970-01-01, in years that begin on the first of March, so that the day that a leap
/// year has more is its last (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, january) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year_of_era + january, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_at_the_ends_of_months_and_years() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (86_399, "1970-01-01T23:59:59.000Z"),
            (68_169_600, "1972-02-29T00:00:00.000Z"),
            (68_256_000, "1972-03-01T00:00:00.000Z"),
            (946_684_799, "1999-12-31T23:59:59.000Z"),
            (1_795_846_439, "2026-11-28T06:13:59.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(rfc3339(seconds * 1000), text);
        }
    }
}
