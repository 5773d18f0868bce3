//! Claiming and cancelling a login.

use std::sync::Arc;

use herald_core::{
    id::{LoginId, SubjectId},
    identity::Identity,
    login::{CLAIM_GRACE_SECONDS, Ending, Login, LoginStatus, Phase},
    store::ClaimWritten,
};
use jiff::SignedDuration;

use super::{CancelError, ClaimError, Logins};
use crate::tenant::Tenant;

/// What a claim gives.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The login.
    pub login: Arc<Login>,
    /// Who it is in this tenant.
    pub subject: SubjectId,
    /// Who the provider vouched for.
    pub identity: Identity,
}

impl Logins {
    /// Claims a confirmed login for whoever started it (`secret`) and whose browser came back (`code`, needed where the
    /// login has a return address). The same claim gives the same answer for 60 s.
    pub async fn claim(
        &self,
        tenant: &Tenant,
        id: LoginId,
        secret: &str,
        code: Option<&str>,
    ) -> Result<Claimed, ClaimError> {
        loop {
            let kept = self.book.load(&tenant.id, id).await?.ok_or(ClaimError::NotFound)?;
            let login = &kept.value;
            if !login.terms.claim_secret.is_of(secret) {
                return Err(ClaimError::Refused);
            }
            let now = self.context.clock.now();
            let confirmation = match &login.phase {
                Phase::Ended { ending, .. } => return Err(ClaimError::Ended(ending.status())),
                Phase::Confirmed(_) if login.expires_at <= now => {
                    return Err(ClaimError::Ended(LoginStatus::Expired));
                }
                Phase::Claimed { claimed_at, .. }
                    if *claimed_at + SignedDuration::from_secs(CLAIM_GRACE_SECONDS) <= now =>
                {
                    return Err(ClaimError::AlreadyClaimed);
                }
                Phase::Confirmed(confirmation) | Phase::Claimed { confirmation, .. } => confirmation,
                _ => return Err(ClaimError::Pending),
            };
            if login.terms.return_url.is_some() && !code.is_some_and(|code| confirmation.code.is(code)) {
                // Of a claimed login only its own claim again is answered otherwise.
                let is_claimed = matches!(login.phase, Phase::Claimed { .. });
                return Err(if is_claimed { ClaimError::AlreadyClaimed } else { ClaimError::Refused });
            }
            let identity = confirmation.identity.clone();
            if let Phase::Claimed { subject, .. } = login.phase {
                return Ok(Claimed { login: Arc::clone(login), subject, identity });
            }
            let subject = self.subject_for(tenant, &identity).await?;
            let claimed = Login::clone(login).claim(subject, now).map_err(|_| ClaimError::Pending)?;
            match self.book.claim(kept.version, claimed, subject, &identity).await? {
                Ok(kept) => {
                    metrics::counter!("herald_logins_claimed_total", "provider" => identity.account.provider.as_str().to_owned())
                        .increment(1);
                    return Ok(Claimed { login: kept.value, subject, identity });
                }
                // Somebody claimed, cancelled or expired it, or claimed the same person elsewhere, in this moment: look again.
                Err(ClaimWritten::Done | ClaimWritten::LoginChanged | ClaimWritten::SubjectChanged) => {}
            }
        }
    }

    /// The subject that this identity belongs to, or a fresh one.
    async fn subject_for(&self, tenant: &Tenant, identity: &Identity) -> Result<SubjectId, ClaimError> {
        let key = self.context.vault.identity_key(&tenant.id, identity);
        let known = self.context.store.subject_of(&tenant.id, key).await?;
        Ok(known
            .unwrap_or_else(|| SubjectId::generate(self.context.clock.now(), self.context.entropy.as_ref())))
    }

    /// Ends a login before it is claimed. One that ended otherwise stays as it is.
    pub async fn cancel(&self, tenant: &Tenant, id: LoginId) -> Result<(), CancelError> {
        let now = self.context.clock.now();
        let found = self
            .book
            .update(&tenant.id, id, |login| match login.phase {
                Phase::Claimed { .. } => Err(CancelError::Claimed),
                Phase::Ended { .. } => Ok(None),
                _ => Ok(login.clone().end(Ending::Cancelled, now).ok()),
            })
            .await?;
        found.map(|_| ()).ok_or(CancelError::NotFound)
    }
}
