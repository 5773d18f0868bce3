//! One sandbox, one clock for it and for us, and the way through a login.

use std::{sync::Arc, time::Duration};

use herald_antirius::{Antirius, AntiriusConfig};
use herald_core::{
    clock::{Clock, SystemEntropy},
    error::{ErrorKind, ProviderError, Retry},
    identity::Profile,
    provider::{
        Answer, ApproveLink, BeginLogin, IdentityProvider, Look, Memo, Observed, ProviderName, Rejection,
        Started, Step, Verified,
    },
    secret::UrlToken,
    text::Locale,
};
use herald_outbound::{Client, ClientConfig, Method, Reach};
use herald_sandbox::{
    AntiriusControl, AntiriusSwitches, Fault, FaultEffect, Operation, Provider, Sandbox, SandboxConfig,
};
use herald_testkit::{fake_clock::FakeClock, provider_suite::Browser};
use jiff::{SignedDuration, Timestamp};
use url::Url;

/// Both clocks stand here when a test begins.
pub(crate) const NOW: Timestamp = Timestamp::constant(1_767_323_045, 0);
/// The first person of the sandbox.
pub(crate) const PERSON: &str = "507f1f77bcf86cd799439011";
/// Their phone.
pub(crate) const PHONE: &str = "+79001234567";
pub(crate) const CALLBACK: &str = "https://login.example/callback/acme/main";

pub(crate) struct Bench {
    pub(crate) sandbox: Sandbox,
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) config: AntiriusConfig,
    pub(crate) antirius: Antirius,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}, |_| {}).await
    }

    /// A bench whose sandbox and connection are as the two say.
    pub(crate) async fn with(
        sandbox: impl FnOnce(&mut SandboxConfig),
        connection: impl FnOnce(&mut AntiriusConfig),
    ) -> Self {
        let mut told = SandboxConfig {
            clock: herald_sandbox::Clock::fixed(NOW),
            ..SandboxConfig::only(Provider::Antirius)
        };
        told.antirius.long_poll_ms = 200;
        sandbox(&mut told);
        let sandbox = Sandbox::start(told).await.unwrap();
        // Makes the first key now: done within a request it would take of that request's time.
        sandbox.control().antirius().sign(&serde_json::json!({}));
        let mut config = config(&sandbox);
        connection(&mut config);
        let clock = Arc::new(FakeClock::at(NOW));
        let antirius = open(&config, &clock);
        Self { sandbox, clock, config, antirius }
    }

    /// Another replica.
    pub(crate) fn another(&self) -> Antirius {
        open(&self.config, &self.clock)
    }

    pub(crate) fn login(&self) -> &dyn IdentityProvider {
        &*self.antirius.identity_provider
    }

    pub(crate) fn control(&self) -> AntiriusControl<'_> {
        self.sandbox.control().antirius()
    }

    pub(crate) fn switch(&self, change: impl FnOnce(&mut AntiriusSwitches)) {
        self.control().switch(change);
    }

    /// That operation meets this until [`Bench::heal`].
    pub(crate) fn breaks(&self, operation: Operation, effect: FaultEffect) {
        self.sandbox.control().inject(Fault::new(Provider::Antirius, operation, effect));
    }

    pub(crate) fn heal(&self) {
        self.sandbox.control().clear_faults();
    }

    pub(crate) fn requests(&self, operation: Operation) -> u64 {
        self.sandbox.control().requests(Provider::Antirius, operation)
    }

    pub(crate) fn effects(&self, operation: Operation) -> usize {
        self.sandbox.control().effects_of(Provider::Antirius, operation).len()
    }

    /// Both clocks go on.
    pub(crate) fn seconds_pass(&self, seconds: u32) {
        self.sandbox.control().advance(Duration::from_secs(seconds.into()));
        self.clock.advance(SignedDuration::from_secs(seconds.into()));
    }

    pub(crate) async fn begin(&self) -> Started {
        self.login().begin(&request()).await.unwrap()
    }

    /// A login that the first person confirmed.
    pub(crate) async fn ready(&self) -> Memo {
        let started = self.begin().await;
        self.control().confirm("latest").unwrap();
        match self.look(&started.memo).await.unwrap() {
            Observed::Ready { memo } => memo,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn answer(&self) -> Answer {
        self.login().redeem(&self.ready().await).await.unwrap()
    }

    /// One short poll.
    pub(crate) async fn look(&self, memo: &Memo) -> Result<Observed, ProviderError> {
        self.login().observe(memo, Look::Poll { is_last: true }).await
    }

    /// Goes to Antirius' own page like a browser, confirms there, and comes back.
    pub(crate) async fn confirm_hosted(&self, page: &Url) -> Browser {
        let client = Client::open(ClientConfig {
            provider: ProviderName::new("browser"),
            base_url: self.sandbox.url().clone(),
            timeout: Duration::from_secs(10),
            max_in_flight: 1,
            reach: Reach::Any,
        });
        let path: Vec<&str> = page.path_segments().unwrap().collect();
        let (name, back) = page.query_pairs().next().unwrap();
        let request = client.unwrap().repeatable("browse", Method::Get, &path).query(&[(&name, &back)]);
        let sent_to: Url = request.send().await.unwrap().header("location").unwrap().parse().unwrap();
        let session = sent_to.path_segments().unwrap().next_back().unwrap().to_owned();
        self.control().confirm(&session).unwrap();
        let mut address: Url = back.parse().unwrap();
        address.query_pairs_mut().append_pair("session_id", &session);
        Browser { address, cookies: Vec::new() }
    }

    /// The person that the answer to a fresh login names.
    pub(crate) async fn person(&self) -> Profile {
        match self.login().identify(&self.answer().await).await.unwrap() {
            Verified::Identity { profile, .. } => *profile,
            Verified::Rejected(why) => panic!("{why:?}"),
        }
    }

    /// Why the answer to a fresh login is not believed.
    pub(crate) async fn rejection(&self) -> String {
        match self.login().identify(&self.answer().await).await.unwrap() {
            Verified::Rejected(Rejection::IdentityRejected { detail }) => detail,
            other => panic!("{other:?}"),
        }
    }
}

fn open(config: &AntiriusConfig, clock: &Arc<FakeClock>) -> Antirius {
    Antirius::open(config.clone(), Arc::clone(clock) as Arc<dyn Clock>).unwrap()
}

/// The connection that the sandbox accepts.
pub(crate) fn config(sandbox: &Sandbox) -> AntiriusConfig {
    let credentials = sandbox.credentials();
    AntiriusConfig {
        app_id: credentials.antirius.app_id.clone(),
        base_url: sandbox.url().clone(),
        issuer: credentials.base_url.clone(),
        origin: "https://login.example".to_owned(),
        message_token: Some(credentials.antirius.message_token.as_str().into()),
        link_hosts: ["t.me", "max.ru", "wa.me"].map(str::to_owned).to_vec(),
        hosted_login: false,
        timeout: Duration::from_secs(10),
        leeway: Duration::from_secs(30),
        max_in_flight: 16,
        reach: Reach::Any,
        status_polls: 512,
    }
}

pub(crate) fn request() -> BeginLogin {
    BeginLogin {
        state: UrlToken::generate(&SystemEntropy),
        callback: CALLBACK.parse().unwrap(),
        back: "https://login.example/login/log_1/back".parse().unwrap(),
        locale: Some(Locale::parse("ru").unwrap()),
    }
}

pub(crate) fn links(started: &Started) -> &[ApproveLink] {
    match &started.step {
        Step::Approve { links, .. } => links,
        Step::Redirect { .. } => panic!("{started:?}"),
    }
}

/// An injected status without a body of its own.
pub(crate) fn status(status: u16) -> FaultEffect {
    FaultEffect::Status { status, body: None, retry_after_seconds: None }
}

/// A 200 with this body.
pub(crate) fn says(body: serde_json::Value) -> FaultEffect {
    FaultEffect::Status { status: 200, body: Some(body), retry_after_seconds: None }
}

pub(crate) fn after(seconds: u64) -> Retry {
    Retry::After(Duration::from_secs(seconds))
}

pub(crate) fn verdict<T: std::fmt::Debug>(result: Result<T, ProviderError>) -> (ErrorKind, Retry) {
    let error = result.unwrap_err();
    (error.kind(), error.retry())
}
