//! One simulated Antara, and adapters opened on it.

use std::{sync::Arc, time::Duration};

use herald_antara::{Antara, AntaraConfig};
use herald_core::{
    clock::{Clock as _, SystemEntropy},
    error::ProviderError,
    notification::{Address, Message},
    notifier::{Notifier, Receipt, SendKey},
    provider::{Answer, BeginLogin, IdentityProvider, Look, Memo, Observed, Started, Step, Verified},
    secret::UrlToken,
    text::{MessageText, Slug},
};
use herald_outbound::Reach;
use herald_sandbox::{
    AntaraSwitches, Clock, Control, Decision, Fault, FaultEffect, Operation, Provider, Sandbox, SandboxConfig,
};
use herald_testkit::fake_clock::FakeClock;
use jiff::SignedDuration;
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

/// The slug of the person who approves unless another is named.
pub(crate) const SLUG: &str = "xK9mNpQ2vRt7";

/// A simulated Antara whose time and the adapter's go together.
pub(crate) struct Fixture {
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: Arc<FakeClock>,
}

impl Fixture {
    pub(crate) async fn start() -> Self {
        let clock = Arc::new(FakeClock::default());
        let config =
            SandboxConfig { clock: Clock::fixed(clock.now()), ..SandboxConfig::only(Provider::Antara) };
        Self { sandbox: Sandbox::start(config).await.expect("the sandbox starts"), clock }
    }

    /// The same with switches set.
    pub(crate) async fn with(change: impl FnOnce(&mut AntaraSwitches)) -> Self {
        let fixture = Self::start().await;
        fixture.control().antara().switch(change);
        fixture
    }

    pub(crate) fn control(&self) -> &Control {
        self.sandbox.control()
    }

    pub(crate) fn config(&self) -> AntaraConfig {
        let antara = &self.sandbox.credentials().antara;
        AntaraConfig {
            client_id: antara.client_id.clone(),
            base_url: self.sandbox.url().clone(),
            issuer: None,
            api_key: Some(SecretString::from(antara.api_key.as_str())),
            scopes: vec!["identity.read".to_owned(), "profile.basic".to_owned()],
            timeout: Duration::from_secs(5),
            max_in_flight: 32,
            reach: Reach::Any,
            leeway: Duration::from_secs(30),
            webhook: None,
        }
    }

    pub(crate) fn antara(&self) -> Antara {
        self.antara_with(self.config())
    }

    pub(crate) fn antara_with(&self, config: AntaraConfig) -> Antara {
        Antara::open(config, self.clock.clone(), Arc::new(SystemEntropy), None)
            .expect("the configuration is good")
    }

    pub(crate) fn login(&self) -> Arc<dyn IdentityProvider> {
        self.antara().identity_provider
    }

    pub(crate) fn notifier(&self) -> Arc<dyn Notifier> {
        self.antara().notifier.expect("there is an API key")
    }

    /// Moves both clocks.
    pub(crate) fn advance(&self, seconds: u32) {
        self.clock.advance(SignedDuration::from_secs(seconds.into()));
        self.control().advance(Duration::from_secs(seconds.into()));
    }

    pub(crate) fn requests(&self, operation: Operation) -> u64 {
        self.control().requests(Provider::Antara, operation)
    }

    pub(crate) fn effects(&self, operation: Operation) -> usize {
        self.control().effects_of(Provider::Antara, operation).len()
    }

    pub(crate) fn break_with(&self, operation: Operation, effect: FaultEffect) {
        self.control().inject(Fault::new(Provider::Antara, operation, effect));
    }

    /// The next call is answered with this.
    pub(crate) fn answer_once(&self, operation: Operation, status: u16, body: Value) {
        let effect = FaultEffect::Status { status, body: Some(body), retry_after_seconds: None };
        self.control().inject(Fault::new(Provider::Antara, operation, effect).times(1));
    }

    /// The person opens the authorize address and approves.
    pub(crate) fn approve(&self, started: &Started) -> Url {
        self.decide(&started.step, &Decision::default()).expect("the browser comes back")
    }

    pub(crate) fn decide(&self, step: &Step, decision: &Decision) -> Option<Url> {
        let Step::Redirect { url } = step else { panic!("Antara is a redirect: {step:?}") };
        self.control().antara().authorize(url.as_str(), decision).expect("Antara takes the authorize request")
    }

    /// A login up to the memo that can be redeemed.
    pub(crate) async fn ready(&self, provider: &dyn IdentityProvider) -> Memo {
        let started = provider.begin(&request()).await.expect("a login begins");
        let back = self.approve(&started);
        match look(provider, &started.memo, &back).await {
            Observed::Ready { memo } => memo,
            other => panic!("it should be ready: {other:?}"),
        }
    }

    /// A login up to the answer.
    pub(crate) async fn redeemed(&self, provider: &dyn IdentityProvider) -> Answer {
        provider.redeem(&self.ready(provider).await).await.expect("the code is good")
    }
}

pub(crate) fn callback() -> Url {
    Url::parse("https://login.example/callback/acme/main").expect("a good address")
}

pub(crate) fn request() -> BeginLogin {
    BeginLogin {
        state: UrlToken::generate(&SystemEntropy),
        callback: callback(),
        back: Url::parse("https://login.example/login/log_0/back").expect("a good address"),
        locale: None,
    }
}

/// Looks with a browser that came back to this address.
pub(crate) async fn look(provider: &dyn IdentityProvider, memo: &Memo, back: &Url) -> Observed {
    let query: Vec<(String, String)> = back.query_pairs().into_owned().collect();
    provider.observe(memo, Look::Return { query: &query, cookies: &[] }).await.expect("a return is a value")
}

/// The user key and the name of the person an answer names.
pub(crate) async fn person(provider: &dyn IdentityProvider, answer: &Answer) -> (String, Option<String>) {
    match provider.identify(answer).await.expect("the answer can be read") {
        Verified::Identity { profile, .. } => (profile.user_key, profile.name),
        Verified::Rejected(why) => panic!("the answer should hold: {why:?}"),
    }
}

/// One message to a slug.
pub(crate) async fn send(notifier: &dyn Notifier, slug: &str, key: &str) -> Result<Receipt, ProviderError> {
    let slug = Slug::parse(slug).expect("a good slug");
    let recipient = notifier.address(&Address::Slug { slug }, None).expect("Antara takes slugs");
    let text = MessageText::parse("Your parcel is here").expect("a good text");
    notifier.send(&recipient, &Message::Text { text }, &SendKey(key.to_owned())).await
}
