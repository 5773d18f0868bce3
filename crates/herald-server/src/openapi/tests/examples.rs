//! What the document shows is what Herald takes and gives.

use actix_web::{ResponseError as _, body::MessageBody as _};
use herald_core::{
    id::{DeliveryId, EndpointId, EventId, LoginId, NotificationId, SessionId, SubjectId},
    secret::{ClaimSecret, LoginCode},
    session::RefreshToken,
};
use serde_json::Value;

use super::{Guard, json, operations, schemas, walk};
use crate::{
    openapi::valid,
    problem::{ErrorCode, Problem},
};

/// The media types that have a whole body as an example, each with the name of its place.
fn bodies(document: &Value) -> Vec<(String, &Value)> {
    let mut bodies = Vec::new();
    let webhooks = document["webhooks"].as_object().unwrap().iter();
    let webhooks = webhooks.map(|(name, item)| (name.as_str(), &item["post"]));
    let all = operations(document).into_iter().map(|(_, _, operation)| ("", operation)).chain(webhooks);
    for (_, operation) in all {
        let name = operation["operationId"].as_str().unwrap();
        let requests = operation.get("requestBody").into_iter().map(|body| ("request", body));
        let answers = operation["responses"].as_object().unwrap().iter();
        let answers = answers.map(|(status, response)| (status.as_str(), response));
        for (place, body) in requests.chain(answers) {
            let contents =
                body.get("content").and_then(Value::as_object).into_iter().flat_map(|all| all.values());
            let shown = contents.filter(|content| content.get("example").is_some());
            bodies.extend(shown.map(|content| (format!("{name} {place}"), content)));
        }
    }
    bodies
}

#[test]
fn whole_bodies_are_what_their_schemas_say() {
    let document = json();
    let bodies = bodies(&document);
    for (place, content) in &bodies {
        assert_eq!(valid::fault(&document, &content["schema"], &content["example"]), None, "{place}");
    }
    let places: Vec<_> = bodies.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(
        places,
        [
            "startLogin request",
            "startLogin 201",
            "claimLogin request",
            "claimLogin 200",
            "sendNotification request",
            "sendNotification 200",
            "sendNotification 202",
            "receiveConnectionEvent request",
            "receiveLoginEvent request",
            "receiveNotificationEvent request",
            "receiveSessionEvent request",
            "receiveWebhookEndpointEvent request",
        ]
    );
}

#[test]
fn members_are_what_their_schemas_say() {
    let document = json();
    let mut seen = 0;
    for (name, schema) in schemas(&document) {
        walk(schema, name, &mut |place, object| {
            let several = object.get("examples").and_then(Value::as_array).into_iter().flatten();
            for example in object.get("example").into_iter().chain(several) {
                seen += 1;
                let schema = Value::Object(object.clone());
                assert_eq!(valid::fault(&document, &schema, example), None, "{place}");
            }
        });
    }
    assert!(seen > 150, "{seen}");
}

#[test]
fn a_member_without_an_example_is_one_that_needs_none() {
    let document = json();
    let mut missing = Vec::new();
    for (name, schema) in schemas(&document) {
        for (member, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let is_shown =
                ["example", "examples", "enum", "$ref"].iter().any(|key| schema.get(key).is_some());
            let is_made_of_others = schema.pointer("/items/$ref").is_some() || schema["type"] == "boolean";
            if !is_shown && !is_made_of_others {
                missing.push(format!("{name}.{member}"));
            }
        }
    }
    let expected: [&str; 0] = [];
    assert_eq!(missing, expected);
}

/// Ids, secrets and codes by their prefixes.
fn is_good(text: &str) -> bool {
    let (prefix, _) = text.split_once('_').unwrap();
    match prefix {
        "log" => LoginId::parse(text).is_ok(),
        "sub" => SubjectId::parse(text).is_ok(),
        "ses" => SessionId::parse(text).is_ok(),
        "ntf" => NotificationId::parse(text).is_ok(),
        "evt" => EventId::parse(text).is_ok(),
        "whe" => EndpointId::parse(text).is_ok(),
        "dlv" => DeliveryId::parse(text).is_ok(),
        "hcs" => ClaimSecret::is_shaped(text),
        "hcc" => LoginCode::is_shaped(text),
        "hrt" => RefreshToken::parse(text).is_some(),
        _ => true,
    }
}

#[test]
fn ids_and_secrets_are_shaped_as_they_are_made() {
    let document = json();
    let mut seen = 0;
    let mut check = |place: &str, value: &Value| {
        for text in value
            .as_str()
            .into_iter()
            .filter(|text| text.split_once('_').is_some_and(|(it, _)| it.len() == 3))
        {
            seen += 1;
            assert!(is_good(text), "{place}: {text}");
        }
    };
    walk(&document, "", &mut |place, object| object.values().for_each(|value| check(place, value)));
    assert!(seen > 50, "{seen}");
}

#[test]
fn problems_are_those_that_the_code_makes() {
    let document = json();
    let examples = document["components"]["examples"].as_object().unwrap();
    assert_eq!(examples.len(), 4);
    for (code, example) in examples {
        let shown = &example["value"];
        valid::check(&document, "Problem", shown);
        let code = *ErrorCode::ALL.iter().find(|known| known.as_str() == code).unwrap();
        let mut problem = Problem::new(code, shown["detail"].as_str().unwrap().to_owned());
        if let Some(seconds) = shown.get("retry_after_seconds").and_then(Value::as_u64) {
            problem = problem.retry_after(seconds);
        }
        let body = problem.error_response().into_body().try_into_bytes().unwrap();
        let made: Value = serde_json::from_slice(&body).unwrap();
        for (member, value) in made.as_object().unwrap() {
            assert_eq!(&shown[member], value, "{member} of {}", code.as_str());
        }
    }
}

#[test]
fn problems_are_shown_to_tenants() {
    let document = json();
    for (path, _, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let shown = response.pointer("/content/application~1problem+json/examples");
            let has = |code: &str| shown.and_then(|shown| shown.get(code)).is_some();
            let is_tenants = Guard::of(path) == Guard::Tenant;
            assert_eq!(has("unauthenticated"), is_tenants && status == "401", "{path} {status}");
            assert_eq!(has("rate_limited"), is_tenants && status == "429", "{path} {status}");
            assert_eq!(has("login_pending"), path.ends_with("/claim") && status == "409", "{path} {status}");
        }
    }
}
