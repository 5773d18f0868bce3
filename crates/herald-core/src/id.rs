//! Names of things, parsed once.
//!
//! Ids that Herald makes are a prefix and 26 characters of Crockford's base 32 in lower case (128 bits, the form that
//! TypeID uses), so they sort as text the way they sort as numbers. Ids that operators choose are `[a-z0-9-]{1,40}`.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::clock::Entropy;

/// The text is no id of this kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0}")]
pub struct InvalidId(pub &'static str);

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// 128 bits as 26 characters of Crockford's base 32, most significant first.
pub fn encode_base32(value: u128) -> String {
    (0..26).map(|i| char::from(ALPHABET[((value >> (125 - 5 * i)) & 31) as usize])).collect()
}

fn decode_base32(text: &str) -> Option<u128> {
    if text.len() != 26 || text.as_bytes()[0] > b'7' {
        return None;
    }
    text.bytes().try_fold(0u128, |value, byte| {
        let digit = ALPHABET.iter().position(|&c| c == byte)?;
        Some((value << 5) | digit as u128)
    })
}

/// 128 random bits.
fn random(entropy: &dyn Entropy) -> u128 {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    u128::from_be_bytes(bytes)
}

/// A UUID version 7 (RFC 9562) of this moment: sorts by time.
fn sortable(now: Timestamp, entropy: &dyn Entropy) -> u128 {
    let mut bytes = [0; 10];
    entropy.fill(&mut bytes);
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid().as_u128()
}

macro_rules! made_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(u128);

        impl $name {
            /// What the text form begins with.
            pub const PREFIX: &'static str = $prefix;

            /// Reads the text form; upper case, another prefix or another length is no id.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                text.strip_prefix($prefix).and_then(decode_base32).map(Self).ok_or(InvalidId(stringify!($name)))
            }

            /// The 128 bits inside.
            pub fn as_u128(self) -> u128 {
                self.0
            }

            /// The id with these 128 bits inside.
            pub fn from_u128(value: u128) -> Self {
                Self(value)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $prefix, encode_base32(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(D::Error::custom)
            }
        }
    };
}

made_id! {
    /// One login attempt. 128 random bits, because its pages open by it.
    LoginId, "log_"
}
made_id! {
    /// One person within one tenant.
    SubjectId, "sub_"
}
made_id! {
    /// One notification.
    NotificationId, "ntf_"
}
made_id! {
    /// One session.
    SessionId, "ses_"
}
made_id! {
    /// One event that something happened.
    EventId, "evt_"
}
made_id! {
    /// One address that a tenant is told events at.
    EndpointId, "whe_"
}
made_id! {
    /// One event on its way to one destination.
    DeliveryId, "dlv_"
}

impl LoginId {
    /// A fresh, unguessable id.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(random(entropy))
    }
}

macro_rules! sortable {
    ($($name:ident)*) => {$(
        impl $name {
            /// A fresh id that sorts by time.
            pub fn generate(now: Timestamp, entropy: &dyn Entropy) -> Self {
                Self(sortable(now, entropy))
            }
        }
    )*};
}
sortable! { SubjectId NotificationId SessionId EventId EndpointId DeliveryId }

macro_rules! chosen_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// Reads `[a-z0-9-]{1,40}`.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                let is_good = (1..=40).contains(&text.len())
                    && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
                if is_good { Ok(Self(text.into())) } else { Err(InvalidId(stringify!($name))) }
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).map_err(D::Error::custom)
            }
        }
    };
}

chosen_id! {
    /// An isolated customer, named by the operator.
    TenantId
}
chosen_id! {
    /// One configured provider account of a tenant, named by the operator.
    ConnectionId
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    #[test]
    fn made_ids_survive_their_text_form_and_sort_like_it() {
        let early = NotificationId::generate(Timestamp::from_second(1_000).unwrap(), &SystemEntropy);
        let late = NotificationId::generate(Timestamp::from_second(2_000).unwrap(), &SystemEntropy);
        assert_eq!(NotificationId::parse(&early.to_string()), Ok(early));
        assert!(early < late && early.to_string() < late.to_string());
        let login = LoginId::generate(&SystemEntropy);
        assert_eq!(LoginId::parse(&login.to_string()), Ok(login));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        let good = LoginId::generate(&SystemEntropy).to_string();
        let long = "a".repeat(10_000);
        let overflow = format!("log_{}", "z".repeat(26));
        for bad in [
            "",
            "log_",
            "../x",
            &good.to_uppercase(),
            &good[1..],
            &format!("{good}0"),
            &long,
            &overflow,
            "log_\0",
        ] {
            assert!(LoginId::parse(bad).is_err(), "{bad:?}");
        }
        assert!(LoginId::parse(&good.replace("log_", "sub_")).is_err());
    }

    #[test]
    fn chosen_ids_are_short_and_plain() {
        assert!(TenantId::parse("acme-2").is_ok());
        for bad in ["", "Acme", "a_b", "a/b", "é", &"a".repeat(41)] {
            assert!(TenantId::parse(bad).is_err(), "{bad:?}");
        }
    }
}
