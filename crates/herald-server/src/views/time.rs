//! Times and durations on the wire.

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};

/// A time as RFC 3339 in UTC with milliseconds: `2026-01-02T03:04:05.678Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:.3}", self.0))
    }
}

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

/// Reads a time as RFC 3339 writes it: date, `T`, time with seconds, `Z` or an offset. What ISO 8601 allows beyond that
/// (and jiff reads) is none: other readers would refuse it, or read it differently.
pub fn parse_time(text: &str) -> Option<Timestamp> {
    const SHAPE: &[u8] = b"dddd-dd-ddTdd:dd:dd";
    let fits = |text: &[u8], shape: &[u8]| {
        text.len() == shape.len()
            && text.iter().zip(shape).all(|(byte, kind)| match kind {
                b'd' => byte.is_ascii_digit(),
                _ => byte.eq_ignore_ascii_case(kind),
            })
    };
    let (head, rest) = text.as_bytes().split_at_checked(SHAPE.len())?;
    let fraction = match rest {
        [b'.', digits @ ..] => 1 + digits.iter().take_while(|byte| byte.is_ascii_digit()).count(),
        _ => 0,
    };
    let zone = &rest[fraction..];
    let is_good = fits(head, SHAPE)
        && fraction != 1
        && (fits(zone, b"Z") || fits(zone, b"+dd:dd") || fits(zone, b"-dd:dd"));
    if is_good { text.parse().ok() } else { None }
}

/// A duration in seconds, to the millisecond; 0 when it is negative.
pub fn seconds(duration: SignedDuration) -> f64 {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(0);
    std::time::Duration::from_millis(millis).as_secs_f64()
}

/// From one time to another in seconds, to the millisecond; 0 when the clock was set back in between.
pub fn seconds_between(from: Timestamp, to: Timestamp) -> f64 {
    let millis = (to.as_millisecond() - from.as_millisecond()).max(0);
    // An exact number of milliseconds of at most some years: far within what a double holds.
    std::time::Duration::from_millis(millis.unsigned_abs()).as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_three_digits_of_a_second() {
        let shown = |text: &str| serde_json::to_string(&Time(text.parse().unwrap())).unwrap();
        assert_eq!(shown("2026-01-02T03:04:05Z"), "\"2026-01-02T03:04:05.000Z\"");
        assert_eq!(shown("2026-01-02T03:04:05.123456789Z"), "\"2026-01-02T03:04:05.123Z\"");
        assert_eq!(shown("2026-01-02T05:04:05.1+02:00"), "\"2026-01-02T03:04:05.100Z\"");
    }

    #[test]
    fn a_time_is_read_as_rfc_3339_has_it() {
        for good in [
            "2026-01-02T03:04:05Z",
            "2026-01-02t03:04:05z",
            "2026-01-02T03:04:05.678+03:00",
            "2026-01-02T03:04:05-00:30",
        ] {
            assert!(parse_time(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "2026-01-02",
            "2026-01-02T03:04:05",
            "2026-01-02 03:04:05Z",
            "2026-01-02T03:04Z",
            "20260102T030405Z",
            "2026-01-02T03:04:05.Z",
            "2026-01-02T03:04:05,5Z",
            "2026-01-02T03:04:05+03",
            "2026-01-02T03:04:05Z[UTC]",
            "2026-02-30T03:04:05Z",
            "2026-01-02T25:04:05Z",
            "1767323045",
            "+2026-01-02T03:04:05Z",
        ] {
            assert_eq!(parse_time(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_duration_is_seconds_and_never_negative() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let (a, b) = (at("2026-01-02T03:04:05Z"), at("2026-01-02T03:04:05.12Z"));
        assert!((seconds_between(a, b) - 0.12).abs() < 1e-9);
        assert!(seconds_between(b, a).abs() < 1e-9);
    }
}
