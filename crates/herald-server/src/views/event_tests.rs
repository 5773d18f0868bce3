//! Events as webhooks tell them.

use herald_core::{
    event::ConnectionCondition,
    id::{ConnectionId, EndpointId, LoginId, SessionId, SubjectId},
    login::LoginStatus,
    provider::ProviderName,
    text::Reference,
};
use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::openapi::valid::{document, fault};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_767_323_045 + seconds).unwrap()
}

fn connection() -> ConnectionId {
    ConnectionId::parse("main").unwrap()
}

/// What is told beside the tenant; the whole event has to be what the document says.
fn data(what: &Happening) -> Value {
    let data = Value::Object(Shapes.data(what));
    let kind = what.kind().as_str();
    let (family, _) = kind.split_once('.').unwrap();
    let mut event = json!({ "type": kind, "timestamp": Time(at(0)), "data": data.clone() });
    event["data"]["tenant"] = "acme".into();
    let document = document();
    let body = format!("/webhooks/{family}/post/requestBody/content/application~1json/schema");
    assert_eq!(fault(&document, document.pointer(&body).unwrap(), &event), None, "{event}");
    data
}

#[test]
fn a_login_is_told_without_links_and_secrets() {
    let login = LoginNews {
        id: LoginId::from_u128(1),
        status: LoginStatus::Claimed,
        provider: ProviderName::ANTIRIUS,
        connection: connection(),
        reference: Reference::parse("cart-4711").ok(),
        created_at: at(0),
        expires_at: at(300),
        subject: Some(SubjectId::from_u128(2)),
    };
    assert_eq!(
        data(&Happening::Login { login }),
        json!({ "login": {
            "id": "log_00000000000000000000000001", "status": "claimed", "provider": "antirius", "connection": "main",
            "reference": "cart-4711", "created_at": "2026-01-02T03:04:05.000Z",
            "expires_at": "2026-01-02T03:09:05.000Z", "subject": "sub_00000000000000000000000002",
        } })
    );
}

#[test]
fn a_session_is_told_as_a_list_shows_it_and_says_why_it_ended() {
    let session = SessionEnded {
        id: SessionId::from_u128(1),
        subject: SubjectId::from_u128(2),
        provider: ProviderName::ANTIRIUS,
        connection: connection(),
        created_at: at(0),
        last_used_at: at(1),
        expires_at: at(60),
        ended_at: at(2),
        reason: EndReason::UserDeleted,
    };
    let told = data(&Happening::SessionEnded { session });
    assert_eq!(
        (&told["session"]["status"], &told["session"]["reason"]),
        (&json!("ended"), &json!("user_deleted"))
    );
    assert_eq!(told["session"].as_object().unwrap().len(), 10);
}

#[test]
fn connections_and_endpoints_are_told_in_few_words() {
    let connection = ConnectionNews {
        id: connection(),
        provider: ProviderName::ANTARA,
        condition: ConnectionCondition::CredentialsInvalid,
    };
    assert_eq!(
        data(&Happening::Connection { connection }),
        json!({ "connection": { "id": "main", "provider": "antara", "condition": "credentials_invalid" } })
    );
    let mut webhook_endpoint = EndpointNews {
        id: EndpointId::from_u128(1),
        origin: "https://shop.acme.example".to_owned(),
        disabled_reason: None,
    };
    let short = json!({ "webhook_endpoint": { "id": "whe_00000000000000000000000001",
        "origin": "https://shop.acme.example" } });
    assert_eq!(data(&Happening::EndpointTest { webhook_endpoint: webhook_endpoint.clone() }), short);
    webhook_endpoint.disabled_reason = Some(DisabledReason::Gone);
    let told = data(&Happening::EndpointDisabled { webhook_endpoint });
    assert_eq!(told["webhook_endpoint"]["disabled_reason"], "gone");
}
