//! What is read from a body is what its schema says.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{json, schemas};
use crate::{
    extract::json::{FromJson, parse_object, read_body},
    views::{
        BatchNotificationRequest, ClaimRequest, ClientInfo, CreateWebhookEndpointRequest, EndSessionsRequest,
        RefreshCookiesRequest, RefreshSessionRequest, ReplayWebhookDeliveriesRequest,
        SendNotificationBatchRequest, SendNotificationRequest, StartLoginRequest,
        UpdateWebhookEndpointRequest, VerifyRequest,
    },
};

/// What reading gives for a body, as `pointer code`.
fn faults<T: FromJson>(body: &Value) -> BTreeSet<String> {
    match read_body::<T>(parse_object(body.to_string().as_bytes()).unwrap()) {
        Ok(_) => BTreeSet::new(),
        Err(faults) => faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect(),
    }
}

/// The reader of a body asks for just the members that its schema has: what is required is missed, and `null` is of the
/// wrong type for each of them, so each of them is read.
fn check_reader<T: FromJson>(name: &str) {
    let document = json();
    let schema = &schemas(&document)[name];
    let required: BTreeSet<_> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|member| format!("/{} missing", member.as_str().unwrap()))
        .collect();
    assert_eq!(faults::<T>(&Value::Object(Map::new())), required, "{name}");
    let properties = schema["properties"].as_object().unwrap();
    let nulls: Map<_, _> = properties.keys().map(|member| (member.clone(), Value::Null)).collect();
    let expected: BTreeSet<_> = properties.keys().map(|member| format!("/{member} wrong_type")).collect();
    assert_eq!(faults::<T>(&Value::Object(nulls)), expected, "{name}");
}

#[test]
fn readers_and_schemas_have_the_same_members() {
    check_reader::<StartLoginRequest>("StartLoginRequest");
    check_reader::<ClientInfo>("ClientInfo");
    check_reader::<ClaimRequest>("ClaimRequest");
    check_reader::<SendNotificationRequest>("SendNotificationRequest");
    check_reader::<SendNotificationBatchRequest>("SendNotificationBatchRequest");
    check_reader::<BatchNotificationRequest>("BatchNotificationRequest");
    check_reader::<CreateWebhookEndpointRequest>("CreateWebhookEndpointRequest");
    check_reader::<UpdateWebhookEndpointRequest>("UpdateWebhookEndpointRequest");
    check_reader::<ReplayWebhookDeliveriesRequest>("ReplayWebhookDeliveriesRequest");
    check_reader::<VerifyRequest>("VerifyRequest");
    check_reader::<RefreshSessionRequest>("RefreshSessionRequest");
    check_reader::<RefreshCookiesRequest>("RefreshCookiesRequest");
    check_reader::<EndSessionsRequest>("EndSessionsRequest");
}

/// The reader of a union knows the variants that its schema has, and their members.
fn check_union<T: FromJson>(member: &str, union: &str) {
    let document = json();
    for variant in schemas(&document)[union]["oneOf"].as_array().unwrap() {
        let variant = document.pointer(&variant["$ref"].as_str().unwrap()[1..]).unwrap();
        let kind = &variant["properties"]["type"]["enum"][0];
        let own: Vec<_> =
            variant["properties"].as_object().unwrap().keys().filter(|name| *name != "type").collect();
        let mut body = serde_json::json!({ member: { "type": kind } });
        let found = faults::<T>(&body);
        for name in &own {
            assert!(found.contains(&format!("/{member}/{name} missing")), "{union} {kind} {name}");
            body[member][name.as_str()] = Value::Null;
        }
        let found = faults::<T>(&body);
        for name in own {
            assert!(found.contains(&format!("/{member}/{name} wrong_type")), "{union} {kind} {name}");
        }
    }
}

#[test]
fn readers_and_schemas_have_the_same_variants() {
    check_union::<SendNotificationRequest>("to", "RecipientAddress");
    check_union::<SendNotificationRequest>("message", "MessageRequest");
    check_union::<VerifyRequest>("credential", "CredentialRequest");
}
