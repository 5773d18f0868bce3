//! Claiming and cancelling a login.

use std::sync::Arc;

use herald_core::{
    failpoint,
    id::{LoginId, SessionId, SubjectId},
    identity::Identity,
    login::{CLAIM_GRACE_SECONDS, Ending, FailureCode, Handed, Login, LoginStatus, Phase, SessionTokens},
    store::ClaimWritten,
};
use jiff::{SignedDuration, Timestamp};

use super::{CancelError, ClaimError, LoginError, Logins, drive::Driver};
use crate::{herald::Context, hub::Kept, tenant::Tenant};

/// What a claim gives.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The login.
    pub login: Arc<Login>,
    /// Who it is in this tenant.
    pub subject: SubjectId,
    /// Who the provider vouched for.
    pub identity: Identity,
    /// The session, and its tokens as they were handed out.
    pub session: (SessionId, SessionTokens),
}

impl Claimed {
    /// What the claim of this login gave; nothing for one that gave no tokens, because a site's browser claimed it or an
    /// older release did.
    fn of(login: &Arc<Login>) -> Option<Self> {
        let Phase::Claimed { confirmation, subject, grant: Some(grant), .. } = &login.phase else {
            return None;
        };
        let Handed::Tokens(tokens) = &grant.handed else { return None };
        let (subject, identity) = (*subject, confirmation.identity.clone());
        let session = (grant.session, tokens.clone());
        Some(Self { login: Arc::clone(login), subject, identity, session })
    }
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
                // Pending, unless nobody here could ever end that.
                _ => {
                    self.check_account(login)?;
                    return Err(ClaimError::Pending);
                }
            };
            if login.terms.return_url.is_some() && !code.is_some_and(|code| confirmation.code.is(code)) {
                // Of a claimed login only its own claim again is answered otherwise.
                let is_claimed = matches!(login.phase, Phase::Claimed { .. });
                return Err(if is_claimed { ClaimError::AlreadyClaimed } else { ClaimError::Refused });
            }
            let identity = confirmation.identity.clone();
            let claimed = match login.phase {
                Phase::Claimed { .. } => Some(kept),
                _ => self.write_claim(tenant, &kept, &identity, now).await?,
            };
            // Nothing: somebody claimed, cancelled or expired it, or claimed the same person elsewhere, in this moment; or the
            // person is gone.
            let Some(claimed) = claimed else { continue };
            if self.is_gone_since(tenant, &claimed.value).await? {
                return Err(ClaimError::AlreadyClaimed);
            }
            failpoint::pass("L10");
            return Claimed::of(&claimed.value).ok_or(ClaimError::AlreadyClaimed);
        }
    }

    /// Stores the claim of a confirmed login: login, subject, identity and session in one step, with what is handed out. Nothing
    /// when the login, or whom the identity belongs to, changed in this moment, or when the provider deleted the person, which
    /// ends the login: look again.
    pub(super) async fn write_claim(
        &self,
        tenant: &Tenant,
        kept: &Kept<Login>,
        identity: &Identity,
        now: Timestamp,
    ) -> Result<Option<Kept<Login>>, LoginError> {
        // Asked together: the store may be far away.
        let (is_deleted, subject) =
            tokio::try_join!(self.is_deleted(tenant, identity), self.subject_for(tenant, identity))?;
        if is_deleted {
            let ending = Ending::Failed(FailureCode::IdentityRejected);
            if let Ok(ended) = Login::clone(&kept.value).end(ending, now)
                && self.book.save(kept, ended).await?.is_some()
            {
                Driver::report(&kept.value, ending, "the provider deleted the user");
            }
            return Ok(None);
        }
        let begun = self.sessions.begin(tenant, &kept.value, subject, identity, now).await?;
        let Ok(claimed) = Login::clone(&kept.value).claim(subject, begun.grant, now) else { return Ok(None) };
        failpoint::pass("L9");
        match self.book.claim(kept, claimed, (subject, identity), begun.row).await? {
            Ok(kept) => {
                let provider = identity.account.provider.as_str().to_owned();
                metrics::counter!("herald_logins_claimed_total", "provider" => provider).increment(1);
                Ok(Some(kept))
            }
            Err(ClaimWritten::Done | ClaimWritten::LoginChanged | ClaimWritten::SubjectChanged) => Ok(None),
        }
    }

    /// Did the provider delete the person of this claimed login? Ends the sessions then. A deletion that came while the claim was
    /// being stored may not have found its session; this finds the deletion, which is stored first.
    pub(super) async fn is_gone_since(&self, tenant: &Tenant, login: &Login) -> Result<bool, LoginError> {
        let Phase::Claimed { confirmation, subject, .. } = &login.phase else { return Ok(false) };
        let identity = &confirmation.identity;
        if !self.is_deleted(tenant, identity).await? {
            return Ok(false);
        }
        let user_key = &identity.profile.user_key;
        self.sessions.end_of_user(&tenant.id, *subject, &identity.account, user_key).await?;
        Ok(true)
    }

    async fn is_deleted(&self, tenant: &Tenant, identity: &Identity) -> Result<bool, LoginError> {
        let Context { store, vault, .. } = self.context.as_ref();
        let deletion = vault.deletion_index(&tenant.id, &identity.account, &identity.profile.user_key);
        Ok(store.is_noticed(&tenant.id, deletion).await?)
    }

    /// The subject that this identity belongs to, or a fresh one.
    async fn subject_for(&self, tenant: &Tenant, identity: &Identity) -> Result<SubjectId, LoginError> {
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
