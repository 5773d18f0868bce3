//! `delivery` of a tenant: how its notifications share what there is.

use herald_app::DeliveryRules;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Checker;

/// `delivery` of a tenant: how its notifications share what there is.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DeliverySection {
    /// The tenant's part when tenants compete: twice the weight, twice the part. 1 to 100.
    pub weight: u32,
    /// How many of its notifications are attended to at once, 1 to 20000.
    pub max_in_flight: u32,
    /// How long one connection of a route is tried before the next one is. The last one is tried until the notification
    /// expires. 5 to 86400.
    pub hop_timeout_seconds: u32,
}

impl Default for DeliverySection {
    fn default() -> Self {
        let DeliveryRules { weight, max_in_flight, hop_timeout_seconds } = DeliveryRules::default();
        Self { weight, max_in_flight: u32::try_from(max_in_flight).unwrap_or(u32::MAX), hop_timeout_seconds }
    }
}

impl DeliverySection {
    /// Checks the section.
    pub fn check(&self, check: &mut Checker<'_>) -> DeliveryRules {
        let max_in_flight = check.within("max_in_flight", self.max_in_flight, 1, 20_000);
        DeliveryRules {
            weight: check.within("weight", self.weight, 1, 100),
            max_in_flight: usize::try_from(max_in_flight).unwrap_or(usize::MAX),
            hop_timeout_seconds: check.within("hop_timeout_seconds", self.hop_timeout_seconds, 5, 86_400),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(section: &str) -> Vec<String> {
        let section: DeliverySection = toml::from_str(section).unwrap();
        let mut check = Checker::new(&|_| None);
        section.check(&mut check);
        check.faults.iter().map(|fault| fault.path.clone()).collect()
    }

    #[test]
    fn what_is_left_out_is_the_applications_own_rule() {
        let mut check = Checker::new(&|_| None);
        assert_eq!(DeliverySection::default().check(&mut check), DeliveryRules::default());
        assert!(check.faults.is_empty());
    }

    #[test]
    fn every_number_has_its_bounds() {
        for good in [
            "",
            "weight = 1\nmax_in_flight = 1\nhop_timeout_seconds = 5",
            "weight = 100\nmax_in_flight = 20000\nhop_timeout_seconds = 86400",
        ] {
            assert!(faults(good).is_empty(), "{good}");
        }
        assert_eq!(
            faults("weight = 0\nmax_in_flight = 0\nhop_timeout_seconds = 4"),
            ["max_in_flight", "weight", "hop_timeout_seconds"]
        );
        assert_eq!(
            faults("weight = 101\nmax_in_flight = 20001\nhop_timeout_seconds = 86401"),
            ["max_in_flight", "weight", "hop_timeout_seconds"]
        );
    }
}
