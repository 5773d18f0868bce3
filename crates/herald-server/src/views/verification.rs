//! What a credential is worth, and the cookies of a provider's session that goes on.

use herald_app::session::{Active, ActiveKind, RenewedCookies, Verification};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use utoipa::ToSchema;

use super::{IdentityView, Time};

/// What a credential is worth at this moment. Of one that is not good nothing but that is said.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[schema(as = Verification)]
pub struct VerificationView {
    /// Is it good?
    active: bool,
    /// Who issued it: `herald`, or the provider. An open set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "herald")]
    kind: Option<String>,
    /// Herald's own name for the person; absent for somebody who never signed in through Herald.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "sub_01h455vb4pex5vsknk084sn02q")]
    subject: Option<String>,
    /// The session, of Herald's own tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ses_01h455vb4pex5vsknk084sn02q")]
    session_id: Option<String>,
    /// Whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<IdentityView>,
    /// When the credential ends, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Time>,
}

impl From<&Verification> for VerificationView {
    fn from(verification: &Verification) -> Self {
        let Verification::Active(active) = verification else { return Self::default() };
        let Active { kind, subject, session_id, identity, expires_at } = &**active;
        let kind = match kind {
            ActiveKind::Herald => "herald",
            ActiveKind::Provider => identity.account.provider.as_str(),
        };
        Self {
            active: true,
            kind: Some(kind.to_owned()),
            subject: subject.map(|subject| subject.to_string()),
            session_id: session_id.map(|id| id.to_string()),
            identity: Some(IdentityView::of(identity)),
            expires_at: expires_at.map(Time),
        }
    }
}

/// The cookies of a provider's session that goes on.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = RefreshedCookies)]
pub struct RefreshedCookiesView {
    /// The provider's `Set-Cookie` headers, unchanged: pass each on to the browser as a header of its own.
    #[schema(example = json!(["authara_access=eyJhbGciOiJIUzI1NiIs…; Path=/; Max-Age=600; HttpOnly; SameSite=Lax"]))]
    set_cookies: Vec<String>,
    /// When the new access token ends.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
}

impl From<&RenewedCookies> for RefreshedCookiesView {
    fn from(renewed: &RenewedCookies) -> Self {
        Self {
            set_cookies: renewed.set_cookies.iter().map(|cookie| cookie.expose_secret().to_owned()).collect(),
            expires_at: renewed.expires_at.into(),
        }
    }
}
