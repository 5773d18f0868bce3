//! One simulated Authara, and adapters opened on it.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use herald_authara::{Authara, AutharaConfig, OpenError, Verify};
use herald_core::{
    clock::{Clock as _, SystemEntropy},
    credential::{Credential, CredentialState, CredentialVerifier},
    identity::Profile,
    provider::{Answer, BeginLogin, IdentityProvider, Look, Memo, Observed, Rejection, Step, Verified},
    secret::UrlToken,
    session_control::SessionControl,
};
use herald_outbound::{Client, ClientConfig, Method, Reach};
use herald_sandbox::{
    Clock, Control, Fault, FaultEffect, Operation, Provider, Sandbox, SandboxConfig, SignedIn,
};
use herald_testkit::fake_clock::FakeClock;
use jiff::SignedDuration;
use secrecy::{SecretSlice, SecretString};
use serde_json::Value;
use url::Url;

/// The id of the person who signs in unless another is named.
pub(crate) const IVAN: &str = "a8f7c1f5-5d2b-4a3a-91c5-1c87b6e19c41";

/// A simulated Authara whose time and the adapter's go together.
pub(crate) struct Fixture {
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: Arc<FakeClock>,
    is_local: bool,
}

impl Fixture {
    /// With an adapter that asks the server.
    pub(crate) async fn remote() -> Self {
        Self::start(false).await
    }

    /// With an adapter that verifies tokens itself.
    pub(crate) async fn local() -> Self {
        Self::start(true).await
    }

    async fn start(is_local: bool) -> Self {
        let clock = Arc::new(FakeClock::default());
        let config =
            SandboxConfig { clock: Clock::fixed(clock.now()), ..SandboxConfig::only(Provider::Authara) };
        Self { sandbox: Sandbox::start(config).await.expect("the sandbox starts"), clock, is_local }
    }

    pub(crate) fn control(&self) -> &Control {
        self.sandbox.control()
    }

    pub(crate) fn is_local(&self) -> bool {
        self.is_local
    }

    pub(crate) fn config(&self) -> AutharaConfig {
        AutharaConfig {
            base_url: self.sandbox.url().clone(),
            browser_url: self.sandbox.url().join("herald").expect("a good address"),
            verify: if self.is_local { self.local_keys() } else { Verify::Remote },
            timeout: Duration::from_secs(5),
            max_in_flight: 32,
            reach: Reach::Any,
            leeway: Duration::from_secs(30),
            webhook: None,
        }
    }

    /// What the server signs with now.
    pub(crate) fn local_keys(&self) -> Verify {
        let authara = self.control().credentials().authara;
        let secret = |text: &str| SecretSlice::from(STANDARD.decode(text).expect("the key is base64"));
        let keys = authara.keys.iter().map(|key| (key.kid.clone(), secret(&key.secret))).collect();
        Verify::Local { issuer: authara.issuer, audience: authara.audience, keys }
    }

    pub(crate) fn open(&self, config: AutharaConfig) -> Result<Authara, OpenError> {
        Authara::open(config, self.clock.clone(), Arc::new(SystemEntropy))
    }

    pub(crate) fn authara(&self) -> Authara {
        self.open(self.config()).expect("the configuration is good")
    }

    pub(crate) fn login(&self) -> Arc<dyn IdentityProvider> {
        self.authara().identity_provider
    }

    pub(crate) fn verifier(&self) -> Arc<dyn CredentialVerifier> {
        self.authara().verifier
    }

    pub(crate) fn sessions(&self) -> Arc<dyn SessionControl> {
        self.authara().session_control
    }

    pub(crate) fn sign_in(&self) -> SignedIn {
        self.control().authara().sign_in(None).expect("there is a user")
    }

    /// Moves both clocks.
    pub(crate) fn advance(&self, seconds: u32) {
        self.clock.advance(SignedDuration::from_secs(seconds.into()));
        self.control().advance(Duration::from_secs(seconds.into()));
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests_of(Operation::User)
    }

    pub(crate) fn requests_of(&self, operation: Operation) -> u64 {
        self.control().requests(Provider::Authara, operation)
    }

    pub(crate) fn break_with(&self, effect: FaultEffect) {
        self.break_operation(Operation::User, effect);
    }

    pub(crate) fn break_operation(&self, operation: Operation, effect: FaultEffect) {
        self.control().inject(Fault::new(Provider::Authara, operation, effect));
    }

    /// The next look at a user is answered with this.
    pub(crate) fn answer_once(&self, status: u16, body: Value) {
        let effect = FaultEffect::Status { status, body: Some(body), retry_after_seconds: None };
        self.control().inject(Fault::new(Provider::Authara, Operation::User, effect).times(1));
    }

    pub(crate) fn callback(&self) -> Url {
        self.sandbox.url().join("herald/callback/acme/staff").expect("a good address")
    }

    pub(crate) fn request(&self) -> BeginLogin {
        BeginLogin {
            state: UrlToken::generate(&SystemEntropy),
            callback: self.callback(),
            back: self.callback(),
            locale: None,
        }
    }

    /// What a signed-in browser does with the login page: it is sent on at once.
    pub(crate) async fn follow(&self, step: &Step, session: &SignedIn) -> Url {
        let Step::Redirect { url } = step else { panic!("Authara is a redirect: {step:?}") };
        let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let query: Vec<(&str, &str)> =
            query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let browser = Client::open(ClientConfig {
            provider: herald_core::provider::ProviderName::AUTHARA,
            base_url: self.sandbox.url().clone(),
            timeout: Duration::from_secs(5),
            max_in_flight: 1,
            reach: Reach::Any,
        })
        .expect("a client");
        let page = browser
            .repeatable("login_page", Method::Get, &["auth", "login"])
            .query(&query)
            .secret_header("cookie", &SecretString::from(session.cookie.as_str()))
            .send()
            .await
            .expect("the login page answers");
        assert_eq!(page.status(), 303);
        self.sandbox.url().join(page.header("location").expect("it sends the browser on")).expect("a path")
    }

    /// The answer to a login with these cookies.
    pub(crate) async fn redeemed(&self, provider: &dyn IdentityProvider, session: &SignedIn) -> Answer {
        let memo = self.ready(provider, &session.access_token).await;
        provider.redeem(&memo).await.expect("the session can be looked at")
    }

    /// A login whose browser came back with this access token.
    pub(crate) async fn ready(&self, provider: &dyn IdentityProvider, token: &str) -> Memo {
        let started = provider.begin(&self.request()).await.expect("a login begins");
        match returned(provider, &started.memo, &cookies(&[("authara_access", token)])).await {
            Observed::Ready { memo } => memo,
            other => panic!("it should be ready: {other:?}"),
        }
    }
}

pub(crate) fn cookies(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Looks with a browser that came back with these cookies.
pub(crate) async fn returned(
    provider: &dyn IdentityProvider,
    memo: &Memo,
    cookies: &[(String, String)],
) -> Observed {
    provider.observe(memo, Look::Return { query: &[], cookies }).await.expect("a return is a value")
}

/// The person an answer names.
pub(crate) async fn person(provider: &dyn IdentityProvider, answer: &Answer) -> Profile {
    match provider.identify(answer).await.expect("identify asks nobody") {
        Verified::Identity { profile, .. } => *profile,
        Verified::Rejected(why) => panic!("the answer should hold: {why:?}"),
    }
}

/// Does the answer not hold?
pub(crate) async fn is_rejected(provider: &dyn IdentityProvider, answer: &Answer) -> bool {
    let verified = provider.identify(answer).await.expect("identify asks nobody");
    matches!(verified, Verified::Rejected(Rejection::IdentityRejected { .. }))
}

pub(crate) async fn is_active(verifier: &dyn CredentialVerifier, credential: Credential<'_>) -> bool {
    verifier.verify(credential).await.expect("Authara answers") != CredentialState::NotActive
}
