//! `limits` of a tenant: how often it and its people may ask.

use std::{num::NonZeroU32, time::Duration};

use herald_app::LimitRules;
use herald_core::store::Quota;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Checker;

/// `limits` of a tenant: how often it and its people may ask. What is not named is not limited. All replicas count together; while
/// the store is away each counts its part.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsSection {
    /// The tenant's calls, all keys together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls: Option<QuotaSection>,
    /// The logins that one address begins: `client.ip_address` of the call, or the browser's address at a site. A network of 64 bits counts as
    /// one IPv6 address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logins_per_address: Option<QuotaSection>,
    /// The notifications that one recipient gets: the phone number or slug that the first connection of the route delivers to, so that a
    /// subject and its phone number count as one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notifications_per_recipient: Option<QuotaSection>,
}

/// So many at once, given back evenly over a time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuotaSection {
    /// How many, 1 to 1000000.
    pub limit: u32,
    /// Over how many seconds, 1 to 86400.
    pub per_seconds: u32,
}

/// The most of anything.
const MOST: u32 = 1_000_000;
/// A day.
const LONGEST: u32 = 86_400;

impl LimitsSection {
    /// Checks the section.
    pub fn check(&self, check: &mut Checker<'_>) -> LimitRules {
        let mut quota = |name: &str, section: Option<QuotaSection>| {
            section.and_then(|section| check.at(name, |check| section.check(check)))
        };
        LimitRules {
            calls: quota("calls", self.calls),
            logins_per_address: quota("logins_per_address", self.logins_per_address),
            notifications_per_recipient: quota(
                "notifications_per_recipient",
                self.notifications_per_recipient,
            ),
        }
    }
}

impl QuotaSection {
    fn check(self, check: &mut Checker<'_>) -> Option<Quota> {
        let limit = NonZeroU32::new(check.within("limit", self.limit, 1, MOST));
        let period = check.within("per_seconds", self.per_seconds, 1, LONGEST);
        Some(Quota { limit: limit?, period: Duration::from_secs(period.into()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(section: &str) -> (LimitRules, Vec<String>) {
        let section: LimitsSection = toml::from_str(section).unwrap();
        let mut check = Checker::new(&|_| None);
        let rules = section.check(&mut check);
        (rules, check.faults.iter().map(|fault| fault.path.clone()).collect())
    }

    #[test]
    fn what_is_not_named_is_not_limited() {
        assert_eq!(checked(""), (LimitRules::default(), vec![]));
        let (rules, faults) = checked("calls = { limit = 600, per_seconds = 60 }");
        let quota = rules.calls.map(|quota| (quota.limit.get(), quota.period.as_secs()));
        assert_eq!((quota, faults), (Some((600, 60)), vec![]));
        assert_eq!((rules.logins_per_address, rules.notifications_per_recipient), (None, None));
    }

    #[test]
    fn every_number_has_its_bounds() {
        let (_, faults) = checked(
            "calls = { limit = 0, per_seconds = 0 }\nlogins_per_address = { limit = 1000001, per_seconds = 86401 }",
        );
        assert_eq!(
            faults,
            [
                "calls.limit",
                "calls.per_seconds",
                "logins_per_address.limit",
                "logins_per_address.per_seconds"
            ]
        );
    }
}
