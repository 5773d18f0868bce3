//! What every connection has: where the provider is, and how long and how often we call it.

use std::time::Duration;

use url::Url;

use crate::config::{Checker, address};

/// How a provider is called.
#[derive(Clone, Debug)]
pub struct Link {
    /// Where the provider is.
    pub base_url: Url,
    /// The longest that one call takes.
    pub timeout: Duration,
    /// How many calls may be under way at once.
    pub max_in_flight: usize,
    /// How far the provider's clock may be off.
    pub leeway: Duration,
    /// http and a private address are good, for exactly this `base_url`.
    pub is_private: bool,
}

/// The same keys in every connection section, by value.
#[derive(Clone, Copy, Debug)]
pub(super) struct LinkKeys<'a> {
    pub(super) base_url: &'a str,
    pub(super) timeout_seconds: u32,
    pub(super) max_in_flight: u32,
    pub(super) leeway_seconds: u32,
    pub(super) is_private: bool,
}

pub(super) fn default_timeout_seconds() -> u32 {
    10
}

pub(super) fn default_max_in_flight() -> u32 {
    64
}

pub(super) fn default_leeway_seconds() -> u32 {
    30
}

impl LinkKeys<'_> {
    pub(super) fn check(self, check: &mut Checker<'_>) -> Option<Link> {
        let timeout = check.within("timeout_seconds", self.timeout_seconds, 1, 60);
        let max_in_flight = check.within("max_in_flight", self.max_in_flight, 1, 10_000);
        let leeway = check.within("leeway_seconds", self.leeway_seconds, 0, 60);
        let base_url = check.at("base_url", |check| address::base_url(check, self.base_url, self.is_private));
        Some(Link {
            base_url: base_url?,
            timeout: Duration::from_secs(timeout.into()),
            max_in_flight: usize::try_from(max_in_flight).unwrap_or(usize::MAX),
            leeway: Duration::from_secs(leeway.into()),
            is_private: self.is_private,
        })
    }
}
