//! The suite that every adapter passes, in both ways of verifying.

use std::sync::Arc;

use async_trait::async_trait;
use herald_core::provider::{Answer, IdentityProvider, Step};
use herald_sandbox::FaultEffect;
use herald_testkit::provider_suite::{Browser, Meaning, ProviderFixture, RedeemKind, Trouble};
use serde_json::{Value, json};
use url::Url;

use crate::harness::{Fixture, IVAN, cookies};

mod remote {
    herald_testkit::provider_suite!(crate::harness::Fixture::remote);
}

mod local {
    herald_testkit::provider_suite!(crate::harness::Fixture::local);
}

#[async_trait]
impl ProviderFixture for Fixture {
    fn open(&self) -> Arc<dyn IdentityProvider> {
        self.login()
    }

    fn redeem_kind(&self) -> RedeemKind {
        RedeemKind::Looks
    }

    fn callback(&self) -> Url {
        Self::callback(self)
    }

    fn user_key(&self) -> String {
        IVAN.to_owned()
    }

    fn secrets(&self) -> Vec<String> {
        self.control().credentials().authara.keys.into_iter().map(|key| key.secret).collect()
    }

    async fn confirm(&self, step: &Step) -> Option<Browser> {
        let session = self.sign_in();
        let address = self.follow(step, &session).await;
        let cookies = cookies(&[
            ("theme", "dark"),
            ("authara_access", &session.access_token),
            ("authara_refresh", &session.refresh_token),
        ]);
        Some(Browser { address, cookies })
    }

    async fn refuse(&self, _step: &Step) -> Option<Option<Browser>> {
        None
    }

    async fn calls(&self) -> u64 {
        self.requests()
    }

    async fn redeem_calls(&self) -> u64 {
        self.requests()
    }

    async fn break_redeem(&self, trouble: Trouble) {
        self.break_with(match trouble {
            Trouble::Status(status) => FaultEffect::Status { status, body: None, retry_after_seconds: None },
            Trouble::Reset => FaultEffect::Reset,
            Trouble::Lost => FaultEffect::Lost,
            Trouble::Half => FaultEffect::Half,
            Trouble::Garbage => FaultEffect::Garbage,
        });
    }

    async fn heal(&self) {
        self.control().clear_faults();
    }

    fn own_meaning(&self, status: u16) -> Option<Meaning> {
        (status == 401).then_some(Meaning::NoIdentity)
    }

    async fn spoil(&self, answer: &Answer) -> Vec<(&'static str, Answer)> {
        let answer: Value = serde_json::from_str(answer.expose()).expect("the answer is JSON");
        let with = |kind: &str, value: Value| {
            let mut json = answer.clone();
            json["evidence"] = json!({ "kind": kind, "value": value });
            Answer::new(json.to_string())
        };
        let genuine = &answer["evidence"]["value"];
        if self.is_local() {
            let token = genuine.as_str().expect("the token is kept");
            let (signed, signature) = token.rsplit_once('.').expect("a JWT");
            let turned: String = signature.chars().rev().collect();
            return vec![
                ("another signature", with("token", json!(format!("{signed}.{turned}")))),
                ("no signature", with("token", json!(format!("{signed}.")))),
                ("no JWT", with("token", json!("abc"))),
                ("what a server says", with("user", json!({ "id": IVAN }))),
            ];
        }
        let changed = |member: &str, value: Value| {
            let mut user = genuine.clone();
            user[member] = value;
            with("user", user)
        };
        vec![
            ("disabled", changed("disabled", json!(true))),
            ("no id", changed("id", json!(""))),
            ("not of the shape", with("user", json!([]))),
            ("no session", with("unauthorized", json!(null))),
            ("a token that nobody verified", with("token", json!(self.sign_in().access_token))),
        ]
    }
}
