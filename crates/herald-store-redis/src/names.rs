//! The names of keys. All keys of a tenant have its name in braces, so that a cluster keeps them in one slot; there is no way to
//! name one without.

use herald_core::{id::TenantId, seal::BlindIndex};

use crate::step::AgendaKeys;

/// Names keys under a prefix.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    prefix: String,
}

/// Whose agenda.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Agenda {
    /// That of a tenant's logins.
    Logins,
    /// That of a tenant's notifications.
    Notifications,
    /// That of a tenant's deliveries.
    Deliveries,
}

impl Agenda {
    fn as_str(self) -> &'static str {
        match self {
            Self::Logins => "logins",
            Self::Notifications => "notifications",
            Self::Deliveries => "deliveries",
        }
    }
}

impl Names {
    /// Every key begins with this.
    pub(crate) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    /// The channel that changes are told on.
    pub(crate) fn channel(&self) -> Vec<u8> {
        format!("{}:changes", self.prefix).into_bytes()
    }

    /// The names of all tenants that something was stored of.
    pub(crate) fn tenants(&self) -> Vec<u8> {
        format!("{}:tenants", self.prefix).into_bytes()
    }

    /// A key that nothing is under, to try things with. No tenant is called like that.
    pub(crate) fn probe(&self, number: u32) -> Vec<u8> {
        format!("{}:{{~{number}}}:probe", self.prefix).into_bytes()
    }

    /// What user rules have to allow: these keys and this channel.
    pub(crate) fn rules(&self) -> String {
        format!("~{0}:* &{0}:changes", self.prefix)
    }

    /// A secret of the installation.
    pub(crate) fn shared_secret(&self, name: &str) -> Vec<u8> {
        format!("{}:secret:{name}", self.prefix).into_bytes()
    }

    /// What a finder leads to. It has no tenant to be named with: its hash has the tenant in it, where there is one.
    pub(crate) fn finder(&self, hash: &BlindIndex) -> Vec<u8> {
        self.with_hash(format!("{}:finder:", self.prefix), hash)
    }

    /// Something of a tenant of which there is one.
    pub(crate) fn of(&self, tenant: &TenantId, what: &str) -> Vec<u8> {
        self.prefixed(tenant, what).into_bytes()
    }

    /// A row, by the 128 bits of its id; or the order of what belongs to it.
    pub(crate) fn row(&self, tenant: &TenantId, what: &str, id: u128) -> Vec<u8> {
        format!("{}:{id:032x}", self.prefixed(tenant, what)).into_bytes()
    }

    /// Something of a tenant, by a hash.
    pub(crate) fn hash(&self, tenant: &TenantId, what: &str, hash: &BlindIndex) -> Vec<u8> {
        self.with_hash(format!("{}:", self.prefixed(tenant, what)), hash)
    }

    /// Something of a tenant, by a word of ours or a name that an operator chose.
    pub(crate) fn word(&self, tenant: &TenantId, what: &str, word: &str) -> Vec<u8> {
        format!("{}:{word}", self.prefixed(tenant, what)).into_bytes()
    }

    /// The keys of an agenda.
    pub(crate) fn agenda(&self, tenant: &TenantId, agenda: Agenda) -> AgendaKeys {
        let agenda = agenda.as_str();
        AgendaKeys {
            dues: self.word(tenant, "dues", agenda),
            wakes: self.word(tenant, "wakes", agenda),
            leases: self.word(tenant, "leases", agenda),
        }
    }

    fn prefixed(&self, tenant: &TenantId, what: &str) -> String {
        format!("{}:{{{tenant}}}:{what}", self.prefix)
    }

    #[expect(clippy::unused_self, reason = "names are made by `Names` only")]
    fn with_hash(&self, mut name: String, hash: &BlindIndex) -> Vec<u8> {
        use std::fmt::Write as _;
        for byte in hash.as_bytes() {
            // Writing to a string cannot fail.
            let _ = write!(name, "{byte:02x}");
        }
        name.into_bytes()
    }
}
