//! The demo that `deploy/demo.toml` and `herald sandbox --demo` play together. Its keys are known to everybody, so they
//! work in development only.

/// One tenant of the demo.
#[derive(Clone, Copy, Debug)]
pub struct DemoTenant {
    /// What the demo shop's button says.
    pub name: &'static str,
    /// The tenant's id in `deploy/demo.toml`.
    pub tenant: &'static str,
    /// The API key whose SHA-256 stands in `deploy/demo.toml`.
    pub api_key: &'static str,
}

/// The tenants of the demo, one for each provider.
pub const TENANTS: [DemoTenant; 3] = [
    DemoTenant {
        name: "Antara",
        tenant: "demo-antara",
        api_key: "hk_demo-antara-key-for-development-only-000000",
    },
    DemoTenant {
        name: "Antirius",
        tenant: "demo-antirius",
        api_key: "hk_demo-antirius-key-for-development-only-0000",
    },
    DemoTenant {
        name: "Authara",
        tenant: "demo-authara",
        api_key: "hk_demo-authara-key-for-development-only-00000",
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use herald_core::secret::ApiKey;

    #[test]
    fn the_demo_keys_are_shaped_like_keys() {
        for tenant in TENANTS {
            assert!(ApiKey::is_shaped(tenant.api_key), "{}", tenant.tenant);
        }
    }
}
