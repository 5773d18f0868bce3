//! What Authara sends by itself.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::hmac;
use herald_authara::{Authara, AutharaConfig, Verify};
use herald_core::{
    clock::SystemEntropy,
    webhook_source::{
        Header, Notice, NoticeKind, Refused, SignatureEncoding, WebhookSignature, WebhookSource,
    },
};
use herald_outbound::Reach;
use herald_testkit::{fake_clock::FakeClock, webhook_source_suite::WebhookFixture};
use jiff::{SignedDuration, Timestamp};

mod conformance {
    herald_testkit::webhook_source_suite!(super::Fixture::new);
}

const SECRET: &str = "k3J9-what-was-agreed-on";
const USER: &str = "0198c0de-0000-7000-8000-00000000000a";
const ID: &str = "0198c0de-0000-7000-8000-0000000000e1";
/// As the server writes it: with spaces, and the time in nanoseconds.
const DELETED: &str = r#"{"id": "0198c0de-0000-7000-8000-0000000000e1", "data": {"user_id": "0198c0de-0000-7000-8000-00000000000a"}, "type": "user.deleted", "created_at": "2026-06-01T12:00:00.123456789Z"}"#;
/// What `openssl dgst -sha256 -hmac` says of that.
const DELETED_SIGNATURE: &str = "sha256=c9f2ebbd46714dcd42ca947a96741ef3c45e65fd2ad989aa8d40442681690e1f";

struct Fixture;

impl Fixture {
    fn new() -> Self {
        Self
    }

    fn read(&self, body: &str, more: &[Header<'_>], now: Timestamp) -> Result<Notice, Refused> {
        let signature = self.sign(body.as_bytes());
        let mut headers: Vec<Header<'_>> = vec![("x-authara-signature", &signature)];
        headers.extend(more);
        let mut notices = self.open().read(&headers, body.as_bytes(), now)?;
        assert_eq!(notices.len(), 1, "one request has one event");
        Ok(notices.remove(0))
    }
}

impl WebhookFixture for Fixture {
    fn open(&self) -> Arc<dyn WebhookSource> {
        let encoding = SignatureEncoding::default();
        let webhook = WebhookSignature { secret: SECRET.into(), header: None, encoding };
        authara(Some(webhook)).webhook_source.expect("there is a secret")
    }

    fn now(&self) -> Timestamp {
        "2026-06-01T12:00:01Z".parse().expect("a good time")
    }

    fn signature_header(&self) -> String {
        "x-authara-signature".to_owned()
    }

    fn sign(&self, body: &[u8]) -> Vec<u8> {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), body);
        let hex: String = tag.as_ref().iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        format!("sha256={hex}").into_bytes()
    }

    fn respell(&self, signature: &[u8]) -> Vec<Vec<u8>> {
        let digits = &signature["sha256=".len()..];
        vec![
            [b"sha256=", &digits.to_ascii_uppercase()[..]].concat(),
            [b"SHA256=", digits].concat(),
            digits.to_vec(),
        ]
    }

    fn known(&self) -> Vec<Vec<u8>> {
        vec![DELETED.as_bytes().to_vec()]
    }

    fn unknown(&self, kind: &str) -> Vec<u8> {
        let kind = serde_json::to_string(kind).expect("a string can be written");
        format!(
            r#"{{"id": "of-{}", "data": {{}}, "type": {kind}, "created_at": "2026-06-01T12:00:00Z"}}"#,
            kind.len()
        )
        .into_bytes()
    }

    fn secret(&self) -> String {
        SECRET.to_owned()
    }
}

fn authara(webhook: Option<WebhookSignature>) -> Authara {
    let config = AutharaConfig {
        base_url: "https://authara.example".parse().expect("a good address"),
        browser_url: "https://app.example/herald".parse().expect("a good address"),
        verify: Verify::Remote,
        timeout: Duration::from_secs(5),
        max_in_flight: 1,
        reach: Reach::Public,
        leeway: Duration::from_secs(30),
        webhook,
    };
    let clock = Arc::new(FakeClock::at("2026-06-01T12:00:00Z".parse().expect("a good time")));
    Authara::open(config, clock, Arc::new(SystemEntropy)).expect("the configuration is good")
}

#[test]
fn without_a_secret_nothing_is_taken_in() {
    assert!(authara(None).webhook_source.is_none());
}

#[test]
fn a_deleted_user_is_named() {
    let headers: [Header<'_>; 3] = [
        ("x-authara-event", b"user.deleted"),
        ("x-authara-delivery", ID.as_bytes()),
        ("x-authara-signature", DELETED_SIGNATURE.as_bytes()),
    ];
    let read = Fixture.open().read(&headers, DELETED.as_bytes(), Fixture.now());
    let notice = Notice {
        id: ID.to_owned(),
        at: Some("2026-06-01T12:00:00.123456789Z".parse().unwrap()),
        what: NoticeKind::UserDeleted { user_key: USER.to_owned() },
    };
    assert_eq!(read, Ok(vec![notice]));
}

#[test]
fn a_delivery_header_says_the_same_id() {
    let now = Fixture.now();
    assert!(Fixture.read(DELETED, &[], now).is_ok());
    assert!(Fixture.read(DELETED, &[("x-authara-delivery", ID.as_bytes())], now).is_ok());
    for other in [&b"0198c0de-0000-7000-8000-0000000000e2"[..], b"", b"\xff"] {
        let same = ("x-authara-delivery", ID.as_bytes());
        for headers in [&[("x-authara-delivery", other)][..], &[same, ("x-authara-delivery", other)]] {
            assert_eq!(Fixture.read(DELETED, headers, now), Err(Refused::Unreadable));
        }
    }
}

#[test]
fn what_is_older_than_a_day_is_stale() {
    let created: Timestamp = "2026-06-01T12:00:00.123456789Z".parse().unwrap();
    let day = SignedDuration::from_hours(24);
    assert!(Fixture.read(DELETED, &[], created + day).is_ok());
    let later = created + day + SignedDuration::from_nanos(1);
    assert_eq!(Fixture.read(DELETED, &[], later), Err(Refused::Stale));
    // Its clock may be ahead of ours.
    assert!(Fixture.read(DELETED, &[], created - day).is_ok());
}

#[test]
fn other_events_are_other() {
    for kind in ["user.created", "user.updated", "organization.deleted", "organization.membership.created"] {
        let body = DELETED.replace("user.deleted", kind);
        let what = Fixture.read(&body, &[], Fixture.now()).unwrap().what;
        assert_eq!(what, NoticeKind::Other { kind: kind.to_owned() });
    }
}

#[test]
fn a_body_that_lacks_what_every_body_has_is_refused() {
    for (part, other) in [
        (r#""id": "0198c0de-0000-7000-8000-0000000000e1""#, r#""id": 7"#),
        (r#""id": "0198c0de-0000-7000-8000-0000000000e1""#, r#""id": """#),
        (r#""type": "user.deleted", "#, ""),
        ("2026-06-01T12:00:00.123456789Z", "noon"),
        (r#", "created_at": "2026-06-01T12:00:00.123456789Z""#, ""),
        (USER, ""),
        (USER, "a b"),
        (r#""data": {"user_id": "0198c0de-0000-7000-8000-00000000000a"}, "#, ""),
    ] {
        let body = DELETED.replace(part, other);
        assert_ne!(body, DELETED);
        assert_eq!(Fixture.read(&body, &[], Fixture.now()), Err(Refused::Unreadable), "{body}");
    }
}
