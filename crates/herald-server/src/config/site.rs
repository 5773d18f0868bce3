//! `sites` of a tenant: origins that a proxy protects with Herald.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Checker;

/// An origin that a proxy protects with Herald (forward auth).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteSection {
    /// Scheme, host, port and the prefix that the proxy routes to Herald.
    pub url: String,
    /// The connection that people sign in with; the tenant's `login` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// Which member of the identity goes into which header.
    #[serde(default)]
    pub identity_headers: BTreeMap<String, String>,
}

impl SiteSection {
    /// Refuses the section: a site that is configured but not protected would be open to everyone.
    pub fn check(&self, check: &mut Checker<'_>) {
        check.fault("sites are not available in this version: nothing would protect this origin");
    }
}
