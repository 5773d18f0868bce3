//! Logins: authorization code with PKCE. The redirect needs no call; the verifier waits in the memo.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use herald_core::{
    clock::{Clock, Entropy},
    error::{ErrorKind, ProviderError, Retry},
    provider::{
        Answer, BeginLogin, IdentityProvider, Look, Memo, Observed, Progress, ProviderInfo, ProviderName,
        Rejection, Started, Step, Verified,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    api::{Api, CodeGrant},
    config::AntaraConfig,
    identity::{KeptAnswer, rejected},
};

/// How long a person may take at Antara. It says nothing about this; the app's own limit is shorter anyway.
const LIFE: Duration = Duration::from_secs(600);
/// How often a look at a login that is pending makes sense: never, it ends by the browser's return.
const NO_POLL: Duration = Duration::from_secs(600);
const LONGEST_CODE: usize = 2048;

/// What travels from one verb to the next.
#[derive(Serialize, Deserialize)]
struct LoginMemo {
    state: String,
    redirect_uri: String,
    verifier: String,
    /// Since the browser came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

/// Antara as an identity provider.
#[derive(Debug)]
pub(crate) struct AntaraLogin {
    info: ProviderInfo,
    config: Arc<AntaraConfig>,
    api: Api,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl AntaraLogin {
    pub(crate) fn new(
        config: Arc<AntaraConfig>,
        api: Api,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        let info = ProviderInfo {
            account: config.account(),
            progress: Progress::Return,
            redeem_timeout: config.timeout,
        };
        Self { info, config, api, clock, entropy }
    }

    fn read(operation: &'static str, memo: &Memo) -> Result<LoginMemo, ProviderError> {
        serde_json::from_str(memo.expose())
            .map_err(|_| unusable(operation, "the memo is not one of this adapter"))
    }
}

#[async_trait]
impl IdentityProvider for AntaraLogin {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn begin(&self, request: &BeginLogin) -> Result<Started, ProviderError> {
        // RFC 7636, 4.1: 32 random octets make a verifier of 43 characters.
        let mut random = [0; 32];
        self.entropy.fill(&mut random);
        let memo = LoginMemo {
            state: request.state.expose().to_owned(),
            redirect_uri: request.callback.as_str().to_owned(),
            verifier: URL_SAFE_NO_PAD.encode(random),
            code: None,
        };
        let challenge = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, memo.verifier.as_bytes()));
        let scope = self.config.scopes.join(" ");
        let mut query = vec![
            ("client_id", self.config.client_id.as_str()),
            ("redirect_uri", &memo.redirect_uri),
            ("response_type", "code"),
            ("state", &memo.state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        if !scope.is_empty() {
            query.push(("scope", &scope));
        }
        let step = Step::Redirect { url: self.api.authorize_url(&query) };
        Ok(Started { step, memo: write(&memo), expires_in: LIFE })
    }

    async fn observe(&self, memo: &Memo, look: Look<'_>) -> Result<Observed, ProviderError> {
        let known = Self::read("observe", memo)?;
        let Look::Return { query, .. } = look else {
            return Ok(Observed::Pending { memo: memo.clone(), is_opened: false, poll_after: NO_POLL });
        };
        Ok(match returned(&known, query, self.config.issuer()) {
            Ok(code) => Observed::Ready { memo: write(&LoginMemo { code: Some(code), ..known }) },
            Err(rejection) => Observed::Rejected(rejection),
        })
    }

    async fn redeem(&self, memo: &Memo) -> Result<Answer, ProviderError> {
        let known = Self::read("token", memo)?;
        let code = known.code.as_deref().ok_or_else(|| unusable("token", "the browser has not come back"))?;
        let grant = CodeGrant {
            code,
            redirect_uri: &known.redirect_uri,
            client_id: &self.config.client_id,
            code_verifier: &known.verifier,
        };
        let success = self.api.exchange_code(&grant).await?;
        Ok(KeptAnswer { at: self.clock.now(), data: success.data }.write())
    }

    async fn identify(&self, answer: &Answer) -> Result<Verified, ProviderError> {
        let Some(kept) = KeptAnswer::read(answer) else {
            return Ok(rejected("the answer is not one of Antara's"));
        };
        kept.identify(&self.api).await
    }
}

/// The code that a returning browser brings, or why there is none. The state goes first: what does not carry it says
/// nothing about this login, not even that it was refused.
fn returned(known: &LoginMemo, query: &[(String, String)], issuer: &str) -> Result<String, Rejection> {
    if only(query, "state")? != Some(known.state.as_str()) {
        return Err(failed("the state is not the one of this login"));
    }
    // RFC 9207: compared as simple strings.
    if only(query, "iss")?.is_some_and(|named| named != issuer) {
        return Err(failed("another issuer answered"));
    }
    match (only(query, "code")?, only(query, "error")?) {
        (Some(_), Some(_)) => Err(failed("both a code and an error came back")),
        (None, Some("access_denied")) => Err(Rejection::Denied),
        (None, Some(_)) => Err(failed("Antara reported an error")),
        (Some(code), None) if (1..=LONGEST_CODE).contains(&code.len()) => Ok(code.to_owned()),
        (Some(_), None) => Err(failed("the code has no usable length")),
        (None, None) => Err(failed("neither a code nor an error came back")),
    }
}

/// The member of this name; more than one is nobody's honest answer.
fn only<'a>(query: &'a [(String, String)], name: &str) -> Result<Option<&'a str>, Rejection> {
    let mut found = query.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
    match (found.next(), found.next()) {
        (first, None) => Ok(first),
        (_, Some(_)) => Err(failed("a member came more than once")),
    }
}

fn failed(detail: &str) -> Rejection {
    Rejection::Failed { detail: detail.to_owned() }
}

fn unusable(operation: &'static str, detail: &str) -> ProviderError {
    ProviderError::new(&ProviderName::ANTARA, operation, ErrorKind::InvalidInput, Retry::Never, detail)
}

fn write(memo: &LoginMemo) -> Memo {
    Memo::new(json!(memo).to_string())
}
