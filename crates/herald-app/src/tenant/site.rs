//! An origin that a proxy protects with Herald.

use herald_core::{id::ConnectionId, identity::Identity, phone::PhoneNumber, session::SiteOrigin};

/// An origin that a proxy protects with Herald.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// The origin; unique over all tenants.
    pub origin: SiteOrigin,
    /// The origin and the prefix that the proxy routes to Herald, no slash at its end: the `browser_url` of the site's logins.
    pub url: String,
    /// The connection that people sign in with, and the only one whose sessions open the site; the tenant's own choice, and any,
    /// when absent.
    pub connection: Option<ConnectionId>,
    /// Which member of the identity goes into which header, in the order they are sent.
    pub identity_headers: Vec<(String, IdentityMember)>,
}

impl Site {
    /// The prefix that the proxy routes to Herald, without a slash at its end.
    pub fn prefix(&self) -> &str {
        self.url.strip_prefix(self.origin.as_str()).unwrap_or_default()
    }
}

/// A member of an identity that a header may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdentityMember {
    /// Herald's name for the person.
    Subject,
    /// The session.
    SessionId,
    /// The provider.
    Provider,
    /// The connection.
    Connection,
    /// The provider's key of the person.
    ProviderUserId,
    /// Full name.
    Name,
    /// Given name.
    GivenName,
    /// Family name.
    FamilyName,
    /// What the person likes to be called.
    PreferredUsername,
    /// E-mail address.
    Email,
    /// Phone number.
    PhoneNumber,
}

impl IdentityMember {
    /// Every member.
    pub const ALL: [Self; 11] = [
        Self::Subject,
        Self::SessionId,
        Self::Provider,
        Self::Connection,
        Self::ProviderUserId,
        Self::Name,
        Self::GivenName,
        Self::FamilyName,
        Self::PreferredUsername,
        Self::Email,
        Self::PhoneNumber,
    ];

    /// The member as configured: the word that the API has for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::SessionId => "session_id",
            Self::Provider => "provider",
            Self::Connection => "connection",
            Self::ProviderUserId => "provider_user_id",
            Self::Name => "name",
            Self::GivenName => "given_name",
            Self::FamilyName => "family_name",
            Self::PreferredUsername => "preferred_username",
            Self::Email => "email",
            Self::PhoneNumber => "phone_number",
        }
    }

    /// The member of that word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|member| member.as_str() == text)
    }

    /// What this identity has as this member; nothing for the two that are not the identity's own.
    pub fn of(self, identity: &Identity) -> Option<&str> {
        let profile = &identity.profile;
        match self {
            Self::Subject | Self::SessionId => None,
            Self::Provider => Some(identity.account.provider.as_str()),
            Self::Connection => Some(identity.connection.as_str()),
            Self::ProviderUserId => Some(&profile.user_key),
            Self::Name => profile.name.as_deref(),
            Self::GivenName => profile.given_name.as_deref(),
            Self::FamilyName => profile.family_name.as_deref(),
            Self::PreferredUsername => profile.preferred_username.as_deref(),
            Self::Email => profile.email.as_deref(),
            Self::PhoneNumber => profile.phone_number.as_ref().map(PhoneNumber::expose),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_is_its_word() {
        assert!(
            IdentityMember::ALL
                .into_iter()
                .all(|member| IdentityMember::parse(member.as_str()) == Some(member))
        );
        assert_eq!(IdentityMember::parse("password"), None);
    }

    #[test]
    fn the_prefix_is_what_follows_the_origin() {
        let site = |url: &str| Site {
            origin: SiteOrigin::of(&url.parse().unwrap()).unwrap(),
            url: url.to_owned(),
            connection: None,
            identity_headers: vec![],
        };
        assert_eq!(site("https://app.acme.example/.herald").prefix(), "/.herald");
        assert_eq!(site("https://app.acme.example:8443").prefix(), "");
    }
}
