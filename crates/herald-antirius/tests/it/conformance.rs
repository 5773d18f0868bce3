//! The suites that every adapter passes.

use std::sync::Arc;

use async_trait::async_trait;
use herald_core::{
    error::ErrorKind,
    id::ConnectionId,
    identity::Identity,
    notification::Address,
    notifier::Notifier,
    phone::PhoneNumber,
    provider::{Answer, IdentityProvider, Step},
    text::Slug,
};
use herald_sandbox::{FaultEffect, Operation};
use herald_testkit::{
    notifier_suite::NotifierFixture,
    provider_suite::{Browser, Meaning, ProviderFixture, RedeemKind, Trouble, Verdict},
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use url::Url;

use crate::harness::{Bench, CALLBACK, PERSON, PHONE, status};

mod login {
    async fn fixture() -> super::LoginFixture {
        super::LoginFixture(crate::harness::Bench::new().await)
    }
    herald_testkit::provider_suite!(fixture);
}

mod hosted_login {
    async fn fixture() -> super::LoginFixture {
        super::LoginFixture(crate::harness::Bench::with(|_| {}, |config| config.hosted_login = true).await)
    }
    herald_testkit::provider_suite!(fixture);
}

mod messages {
    async fn fixture() -> super::MessageFixture {
        super::MessageFixture::start().await
    }
    herald_testkit::notifier_suite!(fixture);
}

/// What the suites' troubles are to the sandbox.
fn effect(trouble: Trouble) -> FaultEffect {
    match trouble {
        Trouble::Status(code) => status(code),
        Trouble::Reset => FaultEffect::Reset,
        Trouble::Lost => FaultEffect::Lost,
        Trouble::Half => FaultEffect::Half,
        Trouble::Garbage => FaultEffect::Garbage,
    }
}

struct LoginFixture(Bench);

#[async_trait]
impl ProviderFixture for LoginFixture {
    fn open(&self) -> Arc<dyn IdentityProvider> {
        self.0.another().identity_provider
    }

    fn redeem_kind(&self) -> RedeemKind {
        RedeemKind::Consumes
    }

    fn callback(&self) -> Url {
        // Asked for before each login: no two begin at the same moment.
        self.0.clock.advance(SignedDuration::from_millis(1));
        CALLBACK.parse().unwrap()
    }

    fn user_key(&self) -> String {
        PERSON.to_owned()
    }

    fn secrets(&self) -> Vec<String> {
        let sessions = self.0.control().sessions().into_iter().map(|session| session.id);
        let fixed =
            [&self.0.sandbox.credentials().antirius.message_token, PHONE, "123456789"].map(str::to_owned);
        sessions.chain(fixed).collect()
    }

    async fn confirm(&self, step: &Step) -> Option<Browser> {
        match step {
            Step::Approve { .. } => {
                self.0.control().confirm(&session_of(step)).unwrap();
                None
            }
            Step::Redirect { url } => Some(self.0.confirm_hosted(url).await),
        }
    }

    async fn refuse(&self, step: &Step) -> Option<Option<Browser>> {
        // Who refuses on Antirius' own page is kept there.
        if matches!(step, Step::Redirect { .. }) {
            return None;
        }
        self.0.control().refuse(&session_of(step)).unwrap();
        Some(None)
    }

    async fn calls(&self) -> u64 {
        [Operation::Begin, Operation::Status, Operation::Full, Operation::Jwks]
            .map(|operation| self.0.requests(operation))
            .iter()
            .sum()
    }

    async fn redeem_calls(&self) -> u64 {
        self.0.requests(Operation::Full)
    }

    async fn break_redeem(&self, trouble: Trouble) {
        self.0.breaks(Operation::Full, effect(trouble));
    }

    async fn heal(&self) {
        self.0.heal();
    }

    fn own_meaning(&self, _status: u16) -> Option<Meaning> {
        None
    }

    async fn spoil(&self, answer: &Answer) -> Vec<(&'static str, Answer)> {
        let kept: Value = serde_json::from_str(answer.expose()).unwrap();
        let token = kept["body"]["token"].as_str().unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let changes = [
            ("another signature", "/body/token", json!(format!("{signed}.AAAA{}", &signature[4..]))),
            ("no signature", "/body/token", json!(format!("{signed}."))),
            ("another person beside the token", "/body/user/_id", json!("507f1f77bcf86cd799439012")),
            ("another phone beside the token", "/body/user/phone", json!("+79007654321")),
            ("another app beside the token", "/body/app_id", json!("000000000000000000000000")),
            ("a login that began after the token", "/begun_at", json!("2026-01-02T04:00:00Z")),
        ];
        let spoiled = changes.into_iter().map(|(damage, place, value)| {
            let mut spoiled = kept.clone();
            *spoiled.pointer_mut(place).unwrap() = value;
            (damage, Answer::new(spoiled.to_string()))
        });
        spoiled.collect()
    }
}

/// The session that the first link leads to.
fn session_of(step: &Step) -> String {
    let Step::Approve { links, .. } = step else { panic!("{step:?}") };
    let (_, session) = links[0].url.query_pairs().find(|(name, _)| name == "start").unwrap();
    session.into_owned()
}

struct MessageFixture {
    bench: Bench,
    identity: Identity,
}

impl MessageFixture {
    async fn start() -> Self {
        let bench = Bench::new().await;
        let profile = bench.person().await;
        let connection = ConnectionId::parse("main").unwrap();
        Self { identity: Identity { account: bench.config.account(), connection, profile }, bench }
    }
}

#[async_trait]
impl NotifierFixture for MessageFixture {
    fn open(&self) -> Arc<dyn Notifier> {
        self.bench.another().notifier.unwrap()
    }

    fn address(&self) -> Address {
        Address::Phone { phone_number: PhoneNumber::parse(PHONE).unwrap() }
    }

    fn foreign_addresses(&self) -> Vec<Address> {
        vec![Address::Slug { slug: Slug::parse("ivan").unwrap() }]
    }

    fn identity(&self) -> Identity {
        self.identity.clone()
    }

    fn unreachable_identity(&self) -> Option<Identity> {
        let mut identity = self.identity.clone();
        identity.profile.phone_number = None;
        Some(identity)
    }

    fn unknown_address(&self) -> Option<Address> {
        Some(Address::Phone { phone_number: PhoneNumber::parse("+16502530000").unwrap() })
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.bench.sandbox.credentials().antirius.message_token.clone(), PHONE.to_owned()]
    }

    async fn effects(&self) -> u64 {
        self.bench.effects(Operation::Send) as u64
    }

    async fn send_calls(&self) -> u64 {
        self.bench.requests(Operation::Send)
    }

    async fn break_send(&self, trouble: Trouble) {
        self.bench.breaks(Operation::Send, effect(trouble));
    }

    async fn heal(&self) {
        self.bench.heal();
    }

    fn own_meaning(&self, status: u16) -> Option<Meaning> {
        match status {
            // Nothing was sent, and an operator can help.
            401 => Some(Meaning::Error(ErrorKind::Unauthenticated, Verdict::After)),
            403 => Some(Meaning::Error(ErrorKind::Misconfigured, Verdict::After)),
            404 => Some(Meaning::Error(ErrorKind::UnknownRecipient, Verdict::Never)),
            _ => None,
        }
    }

    fn calls_per_send(&self, _trouble: Trouble) -> u64 {
        1
    }
}
