//! The suites that every adapter passes.

use std::sync::Arc;

use async_trait::async_trait;
use herald_core::{
    error::ErrorKind,
    id::ConnectionId,
    identity::{Attributes, Identity, Profile},
    notification::Address,
    notifier::Notifier,
    phone::PhoneNumber,
    provider::{Answer, IdentityProvider, ProviderAccount, ProviderName, Step},
    text::Slug,
};
use herald_sandbox::{Decision, FaultEffect, Operation, Provider};
use herald_testkit::{
    notifier_suite::NotifierFixture,
    provider_suite::{Browser, Meaning, ProviderFixture, RedeemKind, Trouble, Verdict},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;

use crate::harness::{Fixture, SLUG, callback};

mod provider {
    herald_testkit::provider_suite!(crate::harness::Fixture::start);
}

mod notifier {
    herald_testkit::notifier_suite!(crate::harness::Fixture::start);
}

const OPERATIONS: [Operation; 6] = [
    Operation::Token,
    Operation::Introspect,
    Operation::Userinfo,
    Operation::Lookup,
    Operation::Exchange,
    Operation::Send,
];

fn effect(trouble: Trouble) -> FaultEffect {
    match trouble {
        Trouble::Status(status) => FaultEffect::Status { status, body: None, retry_after_seconds: None },
        Trouble::Reset => FaultEffect::Reset,
        Trouble::Lost => FaultEffect::Lost,
        Trouble::Half => FaultEffect::Half,
        Trouble::Garbage => FaultEffect::Garbage,
    }
}

#[async_trait]
impl ProviderFixture for Fixture {
    fn open(&self) -> Arc<dyn IdentityProvider> {
        self.login()
    }

    fn redeem_kind(&self) -> RedeemKind {
        RedeemKind::Consumes
    }

    fn callback(&self) -> Url {
        callback()
    }

    fn user_key(&self) -> String {
        SLUG.to_owned()
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.sandbox.credentials().antara.api_key.clone()]
    }

    async fn confirm(&self, step: &Step) -> Option<Browser> {
        let address = self.decide(step, &Decision::default())?;
        Some(Browser { address, cookies: Vec::new() })
    }

    async fn refuse(&self, step: &Step) -> Option<Option<Browser>> {
        let address = self.decide(step, &Decision::Refuse)?;
        Some(Some(Browser { address, cookies: Vec::new() }))
    }

    async fn calls(&self) -> u64 {
        OPERATIONS.into_iter().map(|operation| self.requests(operation)).sum()
    }

    async fn redeem_calls(&self) -> u64 {
        self.requests(Operation::Token)
    }

    async fn break_redeem(&self, trouble: Trouble) {
        self.break_with(Operation::Token, effect(trouble));
    }

    async fn heal(&self) {
        self.control().clear_faults();
    }

    fn own_meaning(&self, status: u16) -> Option<Meaning> {
        (status == 400).then_some(Meaning::Error(ErrorKind::InvalidGrant, Verdict::Never))
    }

    async fn spoil(&self, answer: &Answer) -> Vec<(&'static str, Answer)> {
        let spoiled = |at: &str, value: Value| {
            let mut json: Value = serde_json::from_str(answer.expose()).expect("the answer is JSON");
            *json.pointer_mut(at).expect("the member is there") = value;
            Answer::new(json.to_string())
        };
        vec![
            ("the app's token in place of the person's", spoiled("/data/accessToken", json!("aat_abc"))),
            ("a capability", spoiled("/data/accessToken", json!("cap_abc"))),
            ("no token", spoiled("/data/accessToken", json!(null))),
            ("a slug that is a path", spoiled("/data/user/primarySlug", json!("../x"))),
            ("nothing at all", spoiled("/data", json!([]))),
        ]
    }
}

#[async_trait]
impl NotifierFixture for Fixture {
    fn open(&self) -> Arc<dyn Notifier> {
        self.notifier()
    }

    fn address(&self) -> Address {
        Address::Slug { slug: Slug::parse(SLUG).expect("a good slug") }
    }

    fn foreign_addresses(&self) -> Vec<Address> {
        let phone_number = PhoneNumber::parse("+79001234567").expect("a good number");
        vec![Address::Phone { phone_number }]
    }

    fn identity(&self) -> Identity {
        self.identity_of(SLUG)
    }

    fn unreachable_identity(&self) -> Option<Identity> {
        Some(self.identity_of("no slug at all"))
    }

    fn unknown_address(&self) -> Option<Address> {
        Some(Address::Slug { slug: Slug::parse("nobody").expect("a good slug") })
    }

    fn secrets(&self) -> Vec<String> {
        vec![self.sandbox.credentials().antara.api_key.clone(), SLUG.to_owned()]
    }

    async fn effects(&self) -> u64 {
        self.control().effects_of(Provider::Antara, Operation::Send).len() as u64
    }

    async fn send_calls(&self) -> u64 {
        self.requests(Operation::Send)
    }

    async fn break_send(&self, trouble: Trouble) {
        self.break_with(Operation::Send, effect(trouble));
    }

    async fn heal(&self) {
        self.control().clear_faults();
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

    fn calls_per_send(&self, trouble: Trouble) -> u64 {
        if trouble == Trouble::Status(401) { 2 } else { 1 }
    }
}

impl Fixture {
    /// A person of this app, as an earlier login verified them.
    pub(crate) fn identity_of(&self, slug: &str) -> Identity {
        Identity {
            account: ProviderAccount { provider: ProviderName::ANTARA, account: self.config().client_id },
            connection: ConnectionId::parse("main").expect("a good id"),
            profile: Profile {
                user_key: slug.to_owned(),
                name: None,
                given_name: None,
                family_name: None,
                preferred_username: None,
                email: None,
                phone_number: None,
                amr: Vec::new(),
                authenticated_at: Timestamp::UNIX_EPOCH,
                attributes: Attributes { slug: Some(slug.to_owned()), ..Attributes::default() },
            },
        }
    }
}
