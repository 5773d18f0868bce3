//! `herald.toml`: read by its shape, checked as a whole, and only then used.
//!
//! Each section has a file with two types: what stands in the file (`…Section`, which is also where its documentation
//! and its JSON Schema come from), and what it means once it is checked. [`load`] collects every fault before it refuses.

mod address;
mod checker;
mod connection;
mod delivery;
mod file;
mod header;
mod key;
mod limit;
mod network;
mod reference;
mod registration;
mod schema;
mod secret;
mod server;
mod session;
mod site;
mod store;
mod tenant;
mod unique;

pub use checker::{Checker, Environment, Finding};
pub use connection::{
    Antara, AntaraSection, Antirius, AntiriusSection, Authara, AutharaSection, AutharaVerify, Connection,
    ConnectionSection, Link, LocalKeys, Provider, SignatureEncoding, WebhookSection,
};
pub use delivery::DeliverySection;
pub use file::{ConfigFile, Loaded, Refused, load, parse};
pub use key::{Key, KeySection};
pub use limit::{LimitsSection, QuotaSection};
pub use network::{InvalidNetwork, Network};
pub use reference::reference_markdown;
pub use registration::{Registration, registrations};
pub use schema::json_schema;
pub use secret::Secret;
pub use server::{AdminKey, AdminKeySection, Server, ServerSection};
pub use session::{Algorithm, SessionsSection};
pub use site::SiteSection;
pub use store::{
    EncryptionKey, RedisMode, RedisPlace, RedisTopology, Store, StoreKind, StorePlace, StoreSection,
    decode_encryption_key,
};
pub use tenant::{OnUnknownWord, Tenant, TenantSection};

/// A checked configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where Herald listens, and how the outside reaches it.
    pub server: Server,
    /// Where Herald keeps what it must not forget.
    pub store: Store,
    /// The tenants.
    pub tenants: Vec<Tenant>,
}

#[cfg(test)]
mod site_tests;
#[cfg(test)]
mod tests;
