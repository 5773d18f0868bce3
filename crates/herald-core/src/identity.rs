//! Who a provider vouched for.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{id::ConnectionId, phone::PhoneNumber, provider::ProviderAccount};

/// What a provider says of a person whose login it confirmed.
///
/// The members are OpenID Connect's standard claims (Core 1.0, 5.1); none but the key and the time is certain to be there,
/// and names are what the provider had at that moment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The provider's stable name for the person: Antara's slug, Antirius' `_id`, Authara's user id.
    pub user_key: String,
    /// Full name for display.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// What the person likes to be called there; not unique, not stable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<String>,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Phone number that the provider verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<PhoneNumber>,
    /// How the person proved themselves (RFC 8176).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// When the provider confirmed the person.
    pub authenticated_at: Timestamp,
    /// What only some providers know.
    #[serde(default)]
    pub attributes: Attributes,
}

/// What only some providers know of a person.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    /// The messenger that was used: `telegram`, `max`, `whatsapp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messenger: Option<String>,
    /// The messenger's own number for the person; unique only together with `messenger`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub messenger_user_id: Option<String>,
    /// Antara's per-app name of the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// How far Antara trusts the person: `L1`, `high`, ….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust_level: Option<String>,
    /// The Antara circle the login was bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub circle_id: Option<String>,
    /// What the person granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// Roles on an Authara server, such as `authara:admin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    /// The organization on an Authara server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<Organization>,
}

/// An organization on an Authara server, and the person's role in it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// Its id.
    pub id: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The person's role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// A profile together with where it comes from.
///
/// Its key is tenant, provider, account and user key; never the connection's name, which an operator may change.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The provider account that vouched.
    pub account: ProviderAccount,
    /// The connection it was reached through.
    pub connection: ConnectionId,
    /// What was vouched for.
    pub profile: Profile,
}

macro_rules! hidden {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}
hidden! { Profile Attributes Organization Identity }
