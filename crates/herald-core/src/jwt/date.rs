//! Times in claims.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;

/// A claim that is a time: seconds since 1970, perhaps with a fraction, before the year 10000 (RFC 7519, 2). Written as
/// whole seconds, rounded down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumericDate(pub Timestamp);

impl NumericDate {
    /// The time that a claim's value stands for.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let since = match value.as_i64() {
            Some(whole) => SignedDuration::from_secs(whole),
            None => SignedDuration::try_from_secs_f64(value.as_f64()?).ok()?,
        };
        if since.is_negative() {
            return None;
        }
        Timestamp::UNIX_EPOCH.checked_add(since).ok().map(Self)
    }
}

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::of(&value).ok_or_else(|| D::Error::custom("not a number of seconds"))
    }
}

impl Serialize for NumericDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0.as_second())
    }
}
