//! The message of a back-channel logout (OpenID Connect Back-Channel Logout 1.0, 2.4 and 2.5).

use herald_core::{
    courier::Parcel,
    event::SessionEnded,
    id::{EventId, SessionId, SubjectId},
};
use serde::Serialize;

use super::Outbox;
use crate::{
    session::SessionError,
    tenant::{LogoutReceiver, Tenant},
};

/// How long a logout token is good: as long as the specification advises at most.
const LIFE_SECONDS: i64 = 120;

/// What a logout token says. Never a `nonce`: that is how it cannot be taken for an ID token.
#[derive(Debug, Serialize)]
struct LogoutClaims<'a> {
    iss: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    /// The event's id: how a receiver tells a repeat.
    jti: EventId,
    sub: SubjectId,
    sid: SessionId,
    events: Logout,
}

/// That it is about a logout, of which nothing more is to be said.
#[derive(Debug, Default, Serialize)]
struct Logout {
    #[serde(rename = "http://schemas.openid.net/event/backchannel-logout")]
    is_logout: Nothing,
}

#[derive(Debug, Default, Serialize)]
struct Nothing {}

impl Outbox {
    /// The message that tells `receiver` of an ended session, signed for this try.
    pub(super) async fn logout(
        &self,
        tenant: &Tenant,
        receiver: &LogoutReceiver,
        event: EventId,
        session: &SessionEnded,
    ) -> Result<Parcel, SessionError> {
        let now = self.context.clock.now();
        let issuer = self.keys.issuer(tenant);
        let claims = LogoutClaims {
            iss: &issuer,
            aud: tenant.sessions.audience.as_deref().unwrap_or(&issuer),
            iat: now.as_second(),
            exp: now.as_second() + LIFE_SECONDS,
            jti: event,
            sub: session.subject,
            sid: session.id,
            events: Logout::default(),
        };
        let token = self.keys.sign(tenant, "logout+jwt", &claims).await?;
        Ok(Parcel {
            url: receiver.url.clone(),
            may_be_private: receiver.may_be_private,
            content_type: "application/x-www-form-urlencoded",
            headers: Vec::new(),
            // A token is made of characters that a form takes as they are.
            body: format!("logout_token={token}").into(),
        })
    }
}
