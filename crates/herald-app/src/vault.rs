//! What goes into the store is sealed here, and what is looked up is hashed here.

use herald_core::{
    id::TenantId,
    identity::Identity,
    login::Login,
    notification::Notification,
    provider::ProviderAccount,
    seal::{BlindIndex, CannotOpen, Keyring, Pepper, Place, Sealed},
    store::{Finder, IdentityRow, LoginRow, NotificationRow},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The shape of what is sealed. A release that changes it reads the older ones too.
const SCHEMA: u16 = 1;

#[derive(Serialize)]
struct Writing<'a, T> {
    schema: u16,
    value: &'a T,
}

#[derive(Deserialize)]
struct Reading<T> {
    schema: u16,
    value: T,
}

/// The keys of an installation: one ring to seal with, one pepper to hash with.
#[derive(Debug)]
pub struct Vault {
    keyring: Keyring,
    pepper: Pepper,
}

impl Vault {
    /// A vault of these.
    pub fn new(keyring: Keyring, pepper: Pepper) -> Self {
        Self { keyring, pepper }
    }

    /// Seals a tenant's value for the row that `kind` and `id` name.
    pub(crate) fn seal<T: Serialize>(
        &self,
        tenant: &TenantId,
        kind: &'static str,
        id: &str,
        value: &T,
    ) -> Sealed {
        self.keyring.seal_json(Place { tenant: Some(tenant), kind, id }, &Writing { schema: SCHEMA, value })
    }

    /// Opens what was sealed for that row.
    pub(crate) fn open<T: DeserializeOwned>(
        &self,
        tenant: &TenantId,
        kind: &'static str,
        id: &str,
        body: &Sealed,
    ) -> Result<T, CannotOpen> {
        let read: Reading<T> = self.keyring.open_json(Place { tenant: Some(tenant), kind, id }, body)?;
        if read.schema == SCHEMA { Ok(read.value) } else { Err(CannotOpen) }
    }

    /// Seals a login.
    pub fn seal_login(&self, login: &Login) -> Sealed {
        self.seal(&login.terms.tenant, "login", &login.terms.id.to_string(), login)
    }

    /// Opens a login.
    pub fn open_login(&self, row: &LoginRow) -> Result<Login, CannotOpen> {
        self.open(&row.tenant, "login", &row.id.to_string(), &row.body)
    }

    /// Seals a notification.
    pub fn seal_notification(&self, notification: &Notification) -> Sealed {
        self.seal(&notification.tenant, "notification", &notification.id.to_string(), notification)
    }

    /// Opens a notification.
    pub fn open_notification(&self, row: &NotificationRow) -> Result<Notification, CannotOpen> {
        self.open(&row.tenant, "notification", &row.id.to_string(), &row.body)
    }

    /// Seals an identity for the row that its key names.
    pub fn seal_identity(&self, tenant: &TenantId, key: BlindIndex, identity: &Identity) -> Sealed {
        self.seal(tenant, "identity", &hex(key), identity)
    }

    /// Opens an identity.
    pub fn open_identity(&self, row: &IdentityRow) -> Result<Identity, CannotOpen> {
        self.open(&row.tenant, "identity", &hex(row.key), &row.body)
    }

    /// What an identity is found by: tenant, provider, account and user key.
    pub fn identity_key(&self, tenant: &TenantId, identity: &Identity) -> BlindIndex {
        self.user_index(tenant, &identity.account, &identity.profile.user_key)
    }

    /// What the identities of one provider account have in common.
    pub fn account_key(&self, tenant: &TenantId, account: &ProviderAccount) -> BlindIndex {
        self.pepper.index(Some(tenant), "account", &[account.provider.as_str(), &account.account])
    }

    /// What an identity is found by of which only the account and the provider's key of the user are known.
    pub(crate) fn user_index(
        &self,
        tenant: &TenantId,
        account: &ProviderAccount,
        user_key: &str,
    ) -> BlindIndex {
        self.pepper.index(Some(tenant), "identity", &[account.provider.as_str(), &account.account, user_key])
    }

    /// What a message of one provider account is found by.
    pub(crate) fn message_index(
        &self,
        tenant: &TenantId,
        account: &ProviderAccount,
        message_id: &str,
    ) -> BlindIndex {
        self.pepper.index(Some(tenant), "message", &[account.provider.as_str(), &account.account, message_id])
    }

    /// What a notice of one provider account is remembered by.
    pub(crate) fn notice_index(
        &self,
        tenant: &TenantId,
        account: &ProviderAccount,
        notice_id: &str,
    ) -> BlindIndex {
        self.pepper.index(Some(tenant), "notice", &[account.provider.as_str(), &account.account, notice_id])
    }

    /// What is remembered of a user whom a provider account deleted.
    pub(crate) fn deletion_index(
        &self,
        tenant: &TenantId,
        account: &ProviderAccount,
        user_key: &str,
    ) -> BlindIndex {
        self.pepper.index(
            Some(tenant),
            "deleted-user",
            &[account.provider.as_str(), &account.account, user_key],
        )
    }

    /// What a tenant's thing is found by, or compared by, without being stored.
    pub fn index(&self, tenant: &TenantId, kind: &'static str, text: &str) -> BlindIndex {
        self.pepper.index(Some(tenant), kind, &[text])
    }

    /// What a tenant's shared secret is called: a fixed word, and what it is of, hashed.
    pub(crate) fn name(&self, tenant: &TenantId, kind: &'static str, parts: &[&str]) -> String {
        format!("{kind}:{}", hex(self.pepper.index(Some(tenant), kind, parts)))
    }

    /// What a browser's address finds a login by. A browser knows no tenant, so this index belongs to none.
    pub fn finder(&self, kind: &'static str, text: &str) -> Finder {
        Finder(self.pepper.index(None, kind, &[text]))
    }
}

fn hex(index: BlindIndex) -> String {
    index.as_bytes().iter().fold(String::with_capacity(64), |mut text, byte| {
        use std::fmt::Write as _;
        let _ = write!(text, "{byte:02x}");
        text
    })
}
