//! `Retry-After` (RFC 9110, 10.2.3).

use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822};

const SHORTEST: Duration = Duration::from_secs(1);

/// The pause that `value` asks for, between 1 s and `longest`. A date is read against the answer's own `Date`, so that neither our
/// clock nor theirs matters; without one it says nothing.
pub(crate) fn retry_after(value: &str, date: Option<&str>, longest: Duration) -> Option<Duration> {
    let value = value.trim();
    let asked = if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit mean "very long".
        value.parse().map_or(longest, Duration::from_secs)
    } else {
        let (until, now) = (http_date(value)?, http_date(date?.trim())?);
        Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO)
    };
    Some(asked.clamp(SHORTEST, longest))
}

fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_and_nonsense_is_not() {
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        let seconds =
            |value, date| retry_after(value, date, Duration::from_secs(3600)).map(|pause| pause.as_secs());
        assert_eq!(seconds("2", None), Some(2));
        assert_eq!(seconds("0", None), Some(1));
        assert_eq!(seconds("1000000000", None), Some(3600));
        assert_eq!(seconds("99999999999999999999999", None), Some(3600));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:50:07 GMT", date), Some(30));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:00:00 GMT", date), Some(1));
        for bad in ["-1", "1e9", "soon", "", "2.5", "+2", "0x10"] {
            assert_eq!(seconds(bad, date), None, "{bad}");
        }
        assert_eq!(seconds("Sun, 06 Nov 1994 08:50:07 GMT", None), None);
    }
}
