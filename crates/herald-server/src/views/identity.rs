//! Who a provider vouched for, in the claim names of OpenID Connect.

use herald_core::identity::{Attributes, Identity, Organization};
use serde::Serialize;
use utoipa::ToSchema;

use super::Time;

/// Who a provider vouched for. What the provider does not say is absent.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Identity)]
pub struct IdentityView {
    /// The provider that vouched. An open set.
    #[schema(example = "antirius")]
    provider: String,
    /// The connection it was reached through.
    #[schema(example = "main")]
    connection: String,
    /// The provider's stable name for the person.
    #[schema(example = "683f1a2b3c4d5e6f70819a2c")]
    provider_user_id: String,
    /// Full name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Ivan Petrov")]
    name: Option<String>,
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Ivan")]
    given_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Petrov")]
    family_name: Option<String>,
    /// What the person likes to be called; not unique, not stable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ivan")]
    preferred_username: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ivan@acme.example")]
    email: Option<String>,
    /// Phone number in E.164 form.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "+79001234567")]
    phone_number: Option<String>,
    /// Did the provider verify the number? There whenever `phone_number` is.
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number_verified: Option<bool>,
    /// How the person proved themselves (RFC 8176).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["oob"]))]
    amr: Option<Vec<String>>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    authenticated_at: Time,
    /// What only some providers know.
    attributes: AttributesView,
}

/// What only some providers know of a person.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = IdentityAttributes)]
pub struct AttributesView {
    /// The messenger that was used, such as `telegram`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "telegram")]
    messenger: Option<String>,
    /// The messenger's own number for the person; unique only together with `messenger`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "123456789")]
    messenger_user_id: Option<String>,
    /// The provider's per-app name of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "xK9mNp")]
    slug: Option<String>,
    /// How far the provider trusts the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "L1")]
    trust_level: Option<String>,
    /// The circle that the login was bound to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "6f1c2d3e-4b5a-4c7d-8e9f-0a1b2c3d4e5f")]
    circle_id: Option<String>,
    /// What the person granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["identity.read", "profile.basic"]))]
    scopes: Option<Vec<String>>,
    /// Roles on the provider's server.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["authara:admin"]))]
    roles: Option<Vec<String>>,
    /// The organization on the provider's server.
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<OrganizationView>,
}

/// An organization, and the person's role in it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Organization)]
pub struct OrganizationView {
    /// Its id.
    #[schema(example = "5d0f7a36-2c1b-4e89-a7d4-8b6f3e2c1d90")]
    id: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Acme")]
    name: Option<String>,
    /// The person's role in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "owner")]
    role: Option<String>,
}

impl IdentityView {
    /// What its tenant sees of an identity.
    pub fn of(identity: &Identity) -> Self {
        let profile = identity.profile.clone();
        let phone_number = profile.phone_number.map(|number| number.expose().to_owned());
        Self {
            provider: identity.account.provider.as_str().to_owned(),
            connection: identity.connection.to_string(),
            provider_user_id: profile.user_key,
            name: profile.name,
            given_name: profile.given_name,
            family_name: profile.family_name,
            preferred_username: profile.preferred_username,
            email: profile.email,
            // A profile holds only numbers that the provider verified.
            phone_number_verified: phone_number.as_ref().map(|_| true),
            phone_number,
            amr: (!profile.amr.is_empty()).then_some(profile.amr),
            authenticated_at: profile.authenticated_at.into(),
            attributes: AttributesView::of(profile.attributes),
        }
    }
}

impl AttributesView {
    fn of(attributes: Attributes) -> Self {
        Self {
            messenger: attributes.messenger,
            messenger_user_id: attributes.messenger_user_id,
            slug: attributes.slug,
            trust_level: attributes.trust_level,
            circle_id: attributes.circle_id,
            scopes: attributes.scopes,
            roles: attributes.roles,
            organization: attributes.organization.map(|Organization { id, name, role }| OrganizationView {
                id,
                name,
                role,
            }),
        }
    }
}
