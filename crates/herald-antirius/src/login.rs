//! Logins: a session, watched until the person confirmed, whose token is taken once.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use herald_core::{
    clock::Clock,
    error::{ErrorKind, ProviderError, Retry},
    provider::{
        Answer, BeginLogin, IdentityProvider, Look, Memo, Observed, Progress, ProviderInfo, ProviderName,
        Rejection, Started, Step, Verified,
    },
};

use crate::{
    api::{Api, Status},
    config::AntiriusConfig,
    error, links,
    session::{KeptAnswer, LoginMemo, SessionId},
    verify::AntiriusVerifier,
};

/// The longest that a login lasts, whatever Antirius says; Antirius itself says 5 minutes.
const LONGEST: Duration = Duration::from_secs(600);
/// How often a caller that shows the links makes sense to look.
const POLL_AFTER_SECONDS: u32 = 2;

/// Antirius as an identity provider.
#[derive(Debug)]
pub(crate) struct AntiriusLogin {
    info: ProviderInfo,
    config: Arc<AntiriusConfig>,
    api: Api,
    verifier: Arc<AntiriusVerifier>,
    clock: Arc<dyn Clock>,
}

impl AntiriusLogin {
    pub(crate) fn new(
        config: Arc<AntiriusConfig>,
        api: Api,
        verifier: Arc<AntiriusVerifier>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let info = ProviderInfo {
            account: config.account(),
            progress: if config.hosted_login { Progress::Return } else { Progress::Poll },
            redeem_timeout: config.timeout,
        };
        Self { info, config, api, verifier, clock }
    }

    /// Antirius' own page. It makes a session that we hear of when the browser comes back, bound by our state.
    fn begin_hosted(&self, request: &BeginLogin) -> Result<Started, ProviderError> {
        let unusable = |()| error::unusable("begin", "an address takes no path");
        let mut back = request.callback.clone();
        back.path_segments_mut().map_err(unusable)?.pop_if_empty().push(request.state.expose());
        let mut url = self.config.base_url.clone();
        url.path_segments_mut().map_err(unusable)?.pop_if_empty().extend(["login", &self.config.app_id]);
        url.query_pairs_mut().append_pair("return_url", back.as_str());
        let memo = LoginMemo { begun_at: self.clock.now(), session_id: None };
        Ok(Started { step: Step::Redirect { url }, memo: memo.write(), expires_in: LONGEST })
    }

    async fn begin_session(&self, request: &BeginLogin) -> Result<Started, ProviderError> {
        let begun_at = self.clock.now();
        let created = self.api.begin(request.locale.as_ref(), &request.back).await?;
        let session_id = SessionId::parse(&created.session_id)
            .ok_or_else(|| nonsense("the session's id is not 24 hexadecimal digits"))?;
        let links = links::shown(&created.links, &created.display_order(), &self.config.link_hosts);
        if links.is_empty() {
            return Err(nonsense("no link leads to a host of link_hosts"));
        }
        let left =
            Duration::try_from(created.expires_at.duration_since(self.clock.now())).unwrap_or_default();
        if left.is_zero() {
            return Err(nonsense("the session has expired already"));
        }
        let memo = LoginMemo { begun_at, session_id: Some(session_id) };
        Ok(Started {
            step: Step::Approve { links, poll_after_seconds: POLL_AFTER_SECONDS },
            memo: memo.write(),
            expires_in: left.min(LONGEST),
        })
    }

    async fn poll(&self, memo: &Memo, id: &SessionId, is_last: bool) -> Result<Observed, ProviderError> {
        let next = self.api.poll(!is_last);
        let pace = next.pace;
        let Some(status) = self.api.status(id, next).await? else {
            tracing::warn!(provider = "antirius", "a session that we created is unknown; its login expires");
            return Ok(Observed::Rejected(Rejection::Expired));
        };
        observed(memo, &status, pace.pause())
    }
}

#[async_trait]
impl IdentityProvider for AntiriusLogin {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn begin(&self, request: &BeginLogin) -> Result<Started, ProviderError> {
        if self.config.hosted_login { self.begin_hosted(request) } else { self.begin_session(request).await }
    }

    async fn observe(&self, memo: &Memo, look: Look<'_>) -> Result<Observed, ProviderError> {
        let known = LoginMemo::read("status", memo)?;
        match (look, &known.session_id) {
            (Look::Poll { is_last }, Some(id)) => self.poll(memo, id, is_last).await,
            // Hosted: there is nothing to ask until the browser comes back.
            (Look::Poll { .. }, None) => {
                Ok(Observed::Pending { memo: memo.clone(), is_opened: false, poll_after: LONGEST })
            }
            (Look::Return { query, .. }, None) => Ok(returned(&known, query)),
            (Look::Return { .. }, Some(_)) => {
                Ok(failed("this login is confirmed in a messenger, not by a return"))
            }
        }
    }

    async fn redeem(&self, memo: &Memo) -> Result<Answer, ProviderError> {
        let known = LoginMemo::read("full", memo)?;
        let id = known.session_id.ok_or_else(|| error::unusable("full", "the browser has not come back"))?;
        let body = self.api.full(&id).await?;
        Ok(KeptAnswer { begun_at: known.begun_at, received_at: self.clock.now(), body }.write())
    }

    async fn identify(&self, answer: &Answer) -> Result<Verified, ProviderError> {
        let rejected =
            |detail: &str| Verified::Rejected(Rejection::IdentityRejected { detail: detail.to_owned() });
        let Some(kept) = KeptAnswer::read(answer) else {
            return Ok(rejected("the answer is not one of this adapter"));
        };
        Ok(match self.verifier.identify(&kept).await? {
            Ok(profile) => Verified::Identity { profile: Box::new(profile), provider_session: None },
            Err(why) => rejected(why.0),
        })
    }
}

/// What a status means. That it never goes back is for the caller to see to.
fn observed(memo: &Memo, status: &Status, poll_after: Duration) -> Result<Observed, ProviderError> {
    Ok(match status.word.as_str() {
        "pending" => {
            let is_opened = status.messenger_opened.unwrap_or(false);
            Observed::Pending { memo: memo.clone(), is_opened, poll_after }
        }
        // Whoever looks has not redeemed yet.
        "confirmed" if status.token_consumed == Some(true) => {
            Observed::Rejected(Rejection::ConsumedElsewhere)
        }
        "confirmed" => Observed::Ready { memo: memo.clone() },
        "expired" => Observed::Rejected(Rejection::Expired),
        "cancelled" => Observed::Rejected(Rejection::Denied),
        _ => {
            let detail = "an unknown status";
            let error = ProviderError::new(
                &ProviderName::ANTIRIUS,
                "status",
                ErrorKind::Protocol,
                Retry::Never,
                detail,
            );
            return Err(error);
        }
    })
}

/// The session that a browser brings from Antirius' own page. More than one is nobody's honest answer.
fn returned(known: &LoginMemo, query: &[(String, String)]) -> Observed {
    let mut found =
        query.iter().filter(|(name, _)| name == "session_id").map(|(_, value)| SessionId::parse(value));
    match (found.next(), found.next()) {
        (Some(Some(id)), None) => {
            Observed::Ready { memo: LoginMemo { session_id: Some(id), ..known.clone() }.write() }
        }
        (None, _) => failed("no session came back"),
        _ => failed("what came back is not one session"),
    }
}

fn failed(detail: &str) -> Observed {
    Observed::Rejected(Rejection::Failed { detail: detail.to_owned() })
}

fn nonsense(detail: &'static str) -> ProviderError {
    ProviderError::new(&ProviderName::ANTIRIUS, "begin", ErrorKind::Protocol, Retry::Never, detail)
}
