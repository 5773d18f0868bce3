//! What Antara sends by itself, in every shape that it may have.

use std::{collections::BTreeSet, sync::Arc};

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use herald_antara::{Antara, AntaraConfig};
use herald_core::{
    clock::SystemEntropy,
    webhook_source::{Notice, NoticeKind, Refused, SignatureEncoding, WebhookSignature, WebhookSource},
};
use herald_outbound::Reach;
use herald_testkit::{fake_clock::FakeClock, webhook_source_suite::WebhookFixture};
use jiff::Timestamp;
use serde_json::{Value, json};

mod sha256_hex {
    herald_testkit::webhook_source_suite!(super::Fixture::sha256_hex);
}

mod base64_in_a_header_of_its_own {
    herald_testkit::webhook_source_suite!(super::Fixture::base64);
}

const SECRET: &str = "k3J9-what-was-agreed-on";

/// An Antara that signs like this.
struct Fixture {
    header: Option<&'static str>,
    encoding: SignatureEncoding,
}

impl Fixture {
    fn sha256_hex() -> Self {
        Self { header: None, encoding: SignatureEncoding::Sha256Hex }
    }

    fn base64() -> Self {
        Self { header: Some("X-Own-Signature"), encoding: SignatureEncoding::Base64 }
    }

    fn read(&self, body: &[u8]) -> Result<Notice, Refused> {
        let (header, signature) = (self.signature_header(), self.sign(body));
        let mut notices = self.open().read(&[(&header, &signature)], body, self.now())?;
        assert_eq!(notices.len(), 1, "one request has one event");
        Ok(notices.remove(0))
    }
}

impl WebhookFixture for Fixture {
    fn open(&self) -> Arc<dyn WebhookSource> {
        let webhook = WebhookSignature {
            secret: SECRET.into(),
            header: self.header.map(str::to_owned),
            encoding: self.encoding,
        };
        antara(Some(webhook)).webhook_source.expect("there is a secret")
    }

    fn now(&self) -> Timestamp {
        "2026-06-01T12:00:00Z".parse().expect("a good time")
    }

    fn signature_header(&self) -> String {
        self.header.unwrap_or("X-Antara-Signature").to_ascii_lowercase()
    }

    fn sign(&self, body: &[u8]) -> Vec<u8> {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), body);
        let hex: String = tag.as_ref().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        match self.encoding {
            SignatureEncoding::Sha256Hex => format!("sha256={hex}"),
            SignatureEncoding::Hex => hex,
            SignatureEncoding::Base64 => STANDARD.encode(tag.as_ref()),
        }
        .into_bytes()
    }

    fn respell(&self, signature: &[u8]) -> Vec<Vec<u8>> {
        match self.encoding {
            SignatureEncoding::Base64 => {
                vec![signature.strip_suffix(b"=").expect("padding").to_vec(), signature.to_ascii_lowercase()]
            }
            _ => vec![
                [b"sha256=", &signature[7..].to_ascii_uppercase()[..]].concat(),
                signature.to_ascii_uppercase(),
                signature[7..].to_vec(),
            ],
        }
    }

    fn known(&self) -> Vec<Vec<u8>> {
        let shapes = [
            json!({ "id": "evt-1", "type": "message.delivered", "data": { "messageId": "m-1" } }),
            json!({ "type": "message.delivered", "data": { "messageId": "m-2" } }),
        ];
        shapes.iter().map(bytes).collect()
    }

    fn unknown(&self, kind: &str) -> Vec<u8> {
        bytes(&json!({ "type": kind, "data": { "messageId": "m-1" } }))
    }

    fn secret(&self) -> String {
        SECRET.to_owned()
    }
}

fn antara(webhook: Option<WebhookSignature>) -> Antara {
    let config = AntaraConfig {
        client_id: "3f1c0a5e-8a6b-4c57-9a64-0f3a4f1d2b77".to_owned(),
        base_url: "https://antara.example".parse().expect("a good address"),
        issuer: None,
        api_key: None,
        scopes: Vec::new(),
        timeout: std::time::Duration::from_secs(5),
        max_in_flight: 1,
        reach: Reach::Public,
        leeway: std::time::Duration::from_secs(30),
        webhook,
    };
    let clock = Arc::new(FakeClock::at("2026-06-01T12:00:00Z".parse().expect("a good time")));
    Antara::open(config, clock, Arc::new(SystemEntropy), None).expect("the configuration is good")
}

fn bytes(body: &Value) -> Vec<u8> {
    serde_json::to_vec(body).expect("JSON can be written")
}

fn delivered(message_id: &str) -> NoticeKind {
    NoticeKind::MessageDelivered { message_id: message_id.to_owned() }
}

#[test]
fn without_a_secret_nothing_is_taken_in() {
    assert!(antara(None).webhook_source.is_none());
}

#[test]
fn a_delivery_is_read_in_every_shape() {
    for shape in [
        json!({ "id": "evt-1", "type": "message.delivered", "data": { "messageId": "m-1" } }),
        json!({ "id": "evt-1", "event": "message.delivered", "data": { "messageId": "m-1", "id": "other" } }),
        json!({ "id": "evt-1", "event": "message.delivered", "messageId": "m-1" }),
        json!({ "id": "evt-1", "type": "message.delivered", "messageId": "m-1", "data": null }),
        json!({ "data": { "id": "evt-1", "type": "message.delivered", "messageId": "m-1" }, "meta": {} }),
        json!({ "data": { "id": "evt-1", "type": "message.delivered", "data": { "messageId": "m-1" } } }),
    ] {
        let notice = Fixture::sha256_hex().read(&bytes(&shape)).unwrap();
        let id = r#"["message.delivered","m-1","evt-1"]"#;
        assert_eq!((notice.id.as_str(), notice.what), (id, delivered("m-1")), "{shape}");
    }
}

#[test]
fn an_id_may_be_a_number_as_in_the_answer_to_a_message() {
    for (shape, id) in [
        (
            json!({ "id": "evt-1", "type": "message.delivered", "messageId": 5 }),
            r#"["message.delivered","5","evt-1"]"#,
        ),
        (
            json!({ "id": 9, "type": "message.delivered", "data": { "messageId": 5 } }),
            r#"["message.delivered","5","9"]"#,
        ),
    ] {
        let notice = Fixture::sha256_hex().read(&bytes(&shape)).unwrap();
        assert_eq!((notice.id.as_str(), notice.what), (id, delivered("5")), "{shape}");
    }
}

#[test]
fn two_events_under_one_id_are_two() {
    let shapes = [
        json!({ "id": "evt-1", "type": "message.delivered", "messageId": "m-1" }),
        json!({ "id": "evt-1", "type": "message.delivered", "messageId": "m-2" }),
        json!({ "id": "evt-1", "type": "identity.approved", "messageId": "m-1" }),
        json!({ "id": "evt-1", "type": "identity.approved" }),
        json!({ "id": "evt-2", "type": "message.delivered", "messageId": "m-1" }),
    ];
    let ids: BTreeSet<_> =
        shapes.iter().map(|shape| Fixture::sha256_hex().read(&bytes(shape)).unwrap().id).collect();
    assert_eq!(ids.len(), shapes.len(), "{ids:?}");
}

#[test]
fn a_delivery_says_when_where_antara_does() {
    let (earlier, at) = ("2026-06-01T11:00:00Z", "2026-06-01T11:59:58Z");
    for shape in [
        json!({ "type": "message.delivered", "data": { "messageId": "m-1", "deliveredAt": at } }),
        json!({ "type": "message.delivered", "createdAt": at, "data": { "messageId": "m-1" } }),
        json!({ "type": "message.delivered", "timestamp": at, "messageId": "m-1" }),
        json!({ "type": "message.delivered", "data": { "messageId": "m-1", "deliveredAt": 1_780_315_198 } }),
        json!({ "type": "message.delivered", "deliveredAt": at, "data": { "messageId": "m-1", "createdAt": earlier } }),
        json!({ "type": "message.delivered", "timestamp": earlier, "data": { "messageId": "m-1", "deliveredAt": at } }),
    ] {
        let notice = Fixture::sha256_hex().read(&bytes(&shape)).unwrap();
        assert_eq!(notice.at, Some(at.parse().unwrap()), "{shape}");
    }
    let shape = json!({ "type": "message.delivered", "timestamp": "noon", "messageId": "m-1" });
    assert_eq!(Fixture::sha256_hex().read(&bytes(&shape)).unwrap().at, None);
}

#[test]
fn what_names_no_message_and_what_nothing_follows_from_is_other() {
    for (shape, kind) in [
        (json!({ "type": "identity.approved", "data": { "slug": "s" } }), "identity.approved"),
        (json!({ "event": "permission.changed" }), "permission.changed"),
        (json!({ "type": "message.delivered", "data": {} }), "message.delivered"),
        (json!({ "type": "message.delivered", "messageId": "" }), "message.delivered"),
        (json!({ "type": "message.delivered", "messageId": true }), "message.delivered"),
        (json!({ "type": 7 }), "unknown"),
        (json!({}), "unknown"),
    ] {
        let what = Fixture::sha256_hex().read(&bytes(&shape)).unwrap().what;
        assert_eq!(what, NoticeKind::Other { kind: kind.to_owned() }, "{shape}");
    }
}

#[test]
fn without_an_id_the_same_bytes_are_the_same_notice() {
    let read = |body: &[u8]| Fixture::sha256_hex().read(body).unwrap();
    let body = br#"{"type":"message.delivered","messageId":"m-1"}"#;
    let first = read(body);
    // What `sha256sum` says of the body.
    assert_eq!(first.id, "sha256:78b3056054bf0f7c5abaaed3679a85f2c1db65930750fb79a4d9808fd469a4ec");
    assert_eq!(first, read(body));
    let respaced = read(br#"{"type": "message.delivered","messageId":"m-1"}"#);
    assert!(respaced.id != first.id && respaced.what == first.what);
}
