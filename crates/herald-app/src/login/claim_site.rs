//! Claiming a site's login, for the browser that signed in there.

use herald_core::{
    failpoint,
    login::{CLAIM_GRACE_SECONDS, Handed, Login, Phase},
    session::SiteSecret,
};
use jiff::SignedDuration;

use super::{LoginError, Logins};
use crate::tenant::Tenant;

/// What a browser gets that has signed in at a site.
#[derive(Clone, Debug)]
pub struct Entered {
    /// The value of the site's session cookie.
    pub cookie: SiteSecret,
    /// How long the session can last at the most, in seconds from now.
    pub max_age_seconds: i64,
    /// Where the person wanted to go: path and query on the site's origin.
    pub path: String,
}

impl Logins {
    /// Claims a confirmed login of a site for its bound browser, and again the same for 60 s. The caller has made sure that this
    /// is the bound browser. Nothing for a login that is not confirmed, not a site's, or was claimed longer ago.
    pub async fn enter(&self, tenant: &Tenant, login: &Login) -> Result<Option<Entered>, LoginError> {
        let id = login.terms.id;
        loop {
            let Some(kept) = self.book.load(&tenant.id, id).await? else { return Ok(None) };
            let login = &kept.value;
            let now = self.context.clock.now();
            let Some(site) = &login.terms.site else { return Ok(None) };
            match &login.phase {
                Phase::Confirmed(confirmation) if now < login.expires_at => {
                    let identity = confirmation.identity.clone();
                    // Done or overtaken: either way the login says so when it is looked at again.
                    self.write_claim(tenant, &kept, &identity, now).await?;
                }
                Phase::Claimed { grant: Some(grant), claimed_at, .. } => {
                    let grace = SignedDuration::from_secs(CLAIM_GRACE_SECONDS);
                    let Handed::Cookie { secret, ends_at } = &grant.handed else { return Ok(None) };
                    if *claimed_at + grace <= now || self.is_gone_since(tenant, login).await? {
                        return Ok(None);
                    }
                    failpoint::pass("L10");
                    return Ok(Some(Entered {
                        cookie: secret.clone(),
                        max_age_seconds: ends_at.duration_since(now).as_secs().max(0),
                        path: site.path.clone(),
                    }));
                }
                _ => return Ok(None),
            }
        }
    }
}
