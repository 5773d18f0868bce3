//! Logins: the browser goes to Authara's own page on the shared origin, and comes back with Authara's cookie.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use herald_core::{
    error::{ErrorKind, ProviderError, Retry},
    jwt,
    provider::{
        Answer, BeginLogin, IdentityProvider, Look, Memo, Observed, Progress, ProviderInfo, ProviderName,
        Rejection, Started, Step, Verified,
    },
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use crate::{
    api,
    config::{AutharaConfig, OpenError},
    cookie::AccessToken,
    identity::Claims,
    session::{Evidence, Sessions},
};

/// How long a person may take at Authara, which keeps no account of it; the app's own limit is shorter anyway.
const LIFE: Duration = Duration::from_secs(600);
/// How often a look at a login that is pending makes sense: never, it ends by the browser's return.
const NO_POLL: Duration = Duration::from_secs(600);

/// What travels from one verb to the next.
#[derive(Serialize, Deserialize)]
struct LoginMemo {
    state: String,
    /// The access token, since the browser came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

/// What is kept of the one look at the session.
#[derive(Serialize, Deserialize)]
struct KeptAnswer {
    at: Timestamp,
    evidence: Evidence,
    /// The session that the token names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<String>,
}

/// Authara as an identity provider.
#[derive(Debug)]
pub(crate) struct AutharaLogin {
    info: ProviderInfo,
    browser_url: Url,
    sessions: Arc<Sessions>,
}

impl AutharaLogin {
    pub(crate) fn open(config: AutharaConfig, sessions: Arc<Sessions>) -> Result<Self, OpenError> {
        let info = ProviderInfo {
            account: config.account()?,
            progress: Progress::Return,
            redeem_timeout: config.timeout,
        };
        Ok(Self { info, browser_url: config.browser_url, sessions })
    }
}

#[async_trait]
impl IdentityProvider for AutharaLogin {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn begin(&self, request: &BeginLogin) -> Result<Started, ProviderError> {
        // Authara follows relative paths only, and its cookie stays on its origin: from elsewhere nobody would come back.
        if request.callback.origin() != self.browser_url.origin() {
            let detail = "the callback is not on Authara's origin";
            return Err(failure("begin", ErrorKind::Misconfigured, detail));
        }
        let state = request.state.expose();
        let return_path = format!("{}/{state}", request.callback.path().trim_end_matches('/'));
        let step = Step::Redirect { url: api::login_url(&self.browser_url, &return_path) };
        Ok(Started {
            step,
            memo: write(&LoginMemo { state: state.to_owned(), token: None }),
            expires_in: LIFE,
        })
    }

    async fn observe(&self, memo: &Memo, look: Look<'_>) -> Result<Observed, ProviderError> {
        let known = read("observe", memo)?;
        let Look::Return { cookies, .. } = look else {
            return Ok(Observed::Pending { memo: memo.clone(), is_opened: false, poll_after: NO_POLL });
        };
        let cookies = cookies.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        Ok(match AccessToken::among(cookies) {
            Ok(token) => Observed::Ready {
                memo: write(&LoginMemo { token: Some(token.expose().to_owned()), ..known }),
            },
            Err(no_token) => Observed::Rejected(Rejection::Failed { detail: no_token.detail().to_owned() }),
        })
    }

    async fn redeem(&self, memo: &Memo) -> Result<Answer, ProviderError> {
        let token = read("redeem", memo)?.token.as_deref().and_then(AccessToken::parse);
        let unready = || failure("redeem", ErrorKind::InvalidInput, "the browser has not come back");
        let token = token.ok_or_else(unready)?;
        let evidence = self.sessions.look(&token).await?;
        // Read unverified, and believed only together with a token that turns out to be good.
        let claims: Option<Claims> = jwt::peek_claims(token.expose()).ok();
        let session = claims.as_ref().and_then(Claims::session);
        Ok(Answer::new(json!(KeptAnswer { at: self.sessions.now(), evidence, session }).to_string()))
    }

    async fn identify(&self, answer: &Answer) -> Result<Verified, ProviderError> {
        let found = serde_json::from_str(answer.expose())
            .map_err(|_| "the answer is not one of this adapter")
            // By the time of the look: the token may end before the answer is read again.
            .and_then(|KeptAnswer { at, evidence, session }| {
                Ok((self.sessions.judge(&evidence, at)?, session))
            });
        Ok(match found {
            Ok((profile, provider_session)) => {
                Verified::Identity { profile: Box::new(profile), provider_session }
            }
            Err(detail) => Verified::Rejected(Rejection::IdentityRejected { detail: detail.to_owned() }),
        })
    }
}

fn read(operation: &'static str, memo: &Memo) -> Result<LoginMemo, ProviderError> {
    serde_json::from_str(memo.expose())
        .map_err(|_| failure(operation, ErrorKind::InvalidInput, "the memo is not one of this adapter"))
}

fn write(memo: &LoginMemo) -> Memo {
    Memo::new(json!(memo).to_string())
}

fn failure(operation: &'static str, kind: ErrorKind, detail: &'static str) -> ProviderError {
    ProviderError::new(&ProviderName::AUTHARA, operation, kind, Retry::Never, detail)
}
