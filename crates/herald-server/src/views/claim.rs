//! The answer to a claim.

use herald_app::Claimed;
use serde::Serialize;
use utoipa::ToSchema;

use super::{IdentityView, SessionTokensView};

/// Who signed in, and what opens the session.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Claim)]
pub struct ClaimView {
    /// The login that was claimed.
    #[schema(example = "log_01h455vb4pex5vsknk084sn02q")]
    login_id: String,
    /// Herald's own name for the person, the same at every sign-in with this identity.
    #[schema(example = "sub_01h455vb4pex5vsknk084sn02q")]
    subject: String,
    /// What the provider said of the person.
    identity: IdentityView,
    /// What opens the session.
    session: SessionTokensView,
}

impl From<&Claimed> for ClaimView {
    fn from(claimed: &Claimed) -> Self {
        let (session, tokens) = &claimed.session;
        Self {
            login_id: claimed.login.terms.id.to_string(),
            subject: claimed.subject.to_string(),
            identity: IdentityView::of(&claimed.identity),
            session: SessionTokensView::new(*session, tokens),
        }
    }
}
