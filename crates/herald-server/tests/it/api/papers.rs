//! What docs/webhooks.md and docs/logins.md show and list is what is sent.

use std::{collections::BTreeSet, path::Path};

use herald_app::outbox::EventShapes as _;
use herald_core::{
    event::{EventFilter, EventType, Happening},
    id::{ConnectionId, NotificationId, SubjectId, TenantId},
    login::{Ending, FailureCode, LoginStatus},
    notification::{Address, AttemptStatus, Hop, Message, Notification, NotificationStatus, OnUnknown},
    provider::{ProviderAccount, ProviderName},
    text::{MessageText, Reference},
};
use herald_server::views::Shapes;
use serde_json::{Map, Value, json};

use super::{
    receiver::Receiver,
    wire::{Request, text},
    world::World,
};

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The blocks of JSON of the page about webhooks.
fn examples() -> Vec<Value> {
    let page = page("webhooks.md");
    let blocks = page.split("```json\n").skip(1).filter_map(|rest| rest.split("\n```").next());
    blocks
        .map(|block| serde_json::from_str(block).unwrap_or_else(|error| panic!("{error}: {block}")))
        .collect()
}

/// What stands before the dot.
fn family(kind: &str) -> &str {
    kind.split('.').next().unwrap_or(kind)
}

/// What is shown as having happened. Of a notification a view shows little, so it is made here; everything else is read back.
fn happening(kind: &str, what: &Value) -> Happening {
    fn read<T: serde::de::DeserializeOwned>(what: &Value) -> T {
        serde_json::from_value(what.clone()).unwrap_or_else(|error| panic!("{error}: {what}"))
    }
    match kind {
        "session.ended" => Happening::SessionEnded { session: read(what) },
        "webhook_endpoint.disabled" => Happening::EndpointDisabled { webhook_endpoint: read(what) },
        "notification.sent" => Happening::Notification { notification: Box::new(sent()) },
        kind if kind.starts_with("login.") => Happening::Login { login: read(what) },
        kind if kind.starts_with("connection.") => Happening::Connection { connection: read(what) },
        kind => panic!("this test knows no {kind}"),
    }
}

/// The notification of the page.
fn sent() -> Notification {
    let at = |time: &str| time.parse().expect("a time");
    let account = ProviderAccount { provider: ProviderName::ANTIRIUS, account: "app".to_owned() };
    let queued = Notification {
        id: NotificationId::parse("ntf_01h455vb4pex5vsknk084sn02q").expect("an id"),
        tenant: TenantId::parse("acme").expect("a tenant"),
        to: Address::Subject { subject: SubjectId::parse("sub_01h455vb4pex5vsknk084sn02q").expect("an id") },
        message: Message::Text { text: MessageText::parse("Your parcel is here").expect("a text") },
        reference: Reference::parse("parcel-9").ok(),
        route: vec![Hop { connection: ConnectionId::parse("main").expect("a connection"), account }],
        on_unknown: OnUnknown::AtMostOnce,
        send_at: at("2026-01-02T03:04:05Z"),
        expires_at: at("2026-01-02T09:04:05Z"),
        created_at: at("2026-01-02T03:04:05Z"),
        key_until: at("2026-02-02T03:04:05Z"),
        status: NotificationStatus::Queued,
        hop: 0,
        hop_since: None,
        retry_at: None,
        attempts: Vec::new(),
        former_attempts: 0,
        settled_at: None,
        delivered_at: None,
    };
    let taken = AttemptStatus::Sent {
        message_id: Some("m-1".to_owned()),
        request_id: None,
        platform: Some("telegram".to_owned()),
    };
    let sending = queued.start_attempt(0, at("2026-01-02T03:04:06Z"), at("2026-01-02T03:05:00Z"));
    sending.and_then(|sending| sending.finish(taken, at("2026-01-02T03:04:06.120Z"))).expect("it is sent")
}

#[test]
fn every_family_of_events_is_shown_as_it_is_sent() {
    let mut shown = BTreeSet::new();
    for example in examples() {
        let kind = text(&example, "/type");
        let mut data: Map<String, Value> = example["data"].as_object().expect("an object").clone();
        assert_eq!(data.remove("tenant"), Some(json!("acme")), "{kind}");
        let (_, what) = data.iter().next().unwrap_or_else(|| panic!("{kind} is about nothing"));
        let happened = happening(kind, what);
        assert_eq!((happened.kind().as_str(), Shapes.data(&happened)), (kind, data.clone()));
        shown.insert(family(kind).to_owned());
    }
    let all: BTreeSet<_> = EventType::ALL.iter().map(|kind| family(kind.as_str()).to_owned()).collect();
    assert_eq!(shown, all);
}

#[tokio::test]
async fn what_is_around_an_event_is_shown_as_it_is_sent() {
    let (world, receiver) = (World::reaching_out().await, Receiver::start().await);
    let body = json!({ "url": receiver.url(), "events": ["login.*"] }).to_string();
    let made = world.send(Request::post("/v1/webhook-endpoints", body)).await;
    let test = format!("{}/test", made.header("location").expect("an address"));
    assert_eq!(world.send(Request::new("POST", &test)).await.status, 202);
    let got = world.while_time_passes(receiver.got(1)).await;
    let members =
        |event: &Value| -> Vec<String> { event.as_object().expect("an object").keys().cloned().collect() };
    let told = got[0].json();
    assert_eq!((text(&told, "/type"), text(&told, "/data/tenant")), ("webhook_endpoint.test", "acme"));
    for example in examples() {
        assert_eq!(members(&example), members(&told), "{example}");
        assert_eq!(text(&example, "/timestamp").len(), text(&told, "/timestamp").len(), "{example}");
    }
    let page = page("webhooks.md");
    for header in ["content-type", "webhook-id", "webhook-timestamp", "webhook-signature"] {
        assert!(page.contains(&format!("\n{header}: ")) && !got[0].header(header).is_empty(), "{header}");
    }
}

#[test]
fn every_event_that_can_be_wanted_is_listed() {
    let page = page("webhooks.md");
    for kind in EventType::ALL.iter().map(|kind| kind.as_str()) {
        let (family, name) = kind.split_once('.').expect("a family");
        // In one row the family is named once.
        let is_listed = page.lines().any(|line| {
            line.contains(&format!("`{kind}`"))
                || line.contains(&format!("| `{family}.")) && line.contains(&format!("`.{name}`"))
        });
        assert_eq!(is_listed, EventFilter::parse(kind).is_ok() || kind == "webhook_endpoint.test", "{kind}");
    }
}

#[test]
fn the_words_that_a_login_ends_with_are_listed() {
    let page = page("logins.md");
    let codes = [
        FailureCode::ProviderError,
        FailureCode::ProviderTimeout,
        FailureCode::LoginLost,
        FailureCode::ConsumedElsewhere,
        FailureCode::IdentityRejected,
    ];
    let endings =
        codes.map(Ending::Failed).into_iter().chain([Ending::Denied, Ending::Expired, Ending::Cancelled]);
    let words = endings.map(Ending::return_error).chain(codes.map(FailureCode::as_str));
    for word in words.chain(LoginStatus::ALL.map(LoginStatus::as_str)) {
        assert!(page.contains(&format!("`{word}`")), "docs/logins.md does not name {word}");
    }
}
