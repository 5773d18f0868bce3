//! The document keeps the rules that every generator needs, and is the one that is committed.

mod examples;
mod headers;
mod readers;
mod webhooks;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::*;
use crate::problem::{ErrorCode, OAuthErrorWord, errors_markdown};

/// Compares a committed file with what is generated; with `HERALD_UPDATE=1` in the environment writes it instead.
fn check_committed(path: &str, generated: &str) {
    let path = format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("HERALD_UPDATE").is_some() {
        std::fs::write(&path, generated).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == generated, "{path} is not what is generated; run the tests with HERALD_UPDATE=1");
}

fn json() -> Value {
    serde_json::from_str(&document_json()).unwrap()
}

fn schemas(document: &Value) -> &Map<String, Value> {
    document["components"]["schemas"].as_object().unwrap()
}

/// Every operation: path, method, operation.
fn operations(document: &Value) -> Vec<(&String, &String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(method, operation)| (path, method, operation))
        })
        .collect()
}

/// Every object of the document, with the keys that lead to it.
fn walk<'a>(value: &'a Value, place: &str, visit: &mut dyn FnMut(&str, &'a Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            visit(place, object);
            object.iter().for_each(|(key, value)| walk(value, &format!("{place}/{key}"), visit));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| walk(item, &format!("{place}/{index}"), visit));
        }
        _ => {}
    }
}

/// The schemas that are reachable from these.
fn reachable(document: &Value, roots: &[&Value]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut open: Vec<&Value> = roots.to_vec();
    while let Some(value) = open.pop() {
        walk(value, "", &mut |_, object| {
            let reference = object.get("$ref").and_then(Value::as_str);
            if let Some(name) = reference.and_then(|it| it.strip_prefix("#/components/schemas/"))
                && names.insert(name.to_owned())
            {
                open.push(&schemas(document)[name]);
            }
        });
    }
    names
}

#[test]
fn the_committed_document_is_the_generated_one() {
    check_committed("openapi/herald.v1.json", &document_json());
}

#[test]
fn the_committed_page_of_errors_is_the_generated_one() {
    check_committed("docs/errors.md", &errors_markdown());
}

#[test]
fn it_is_generated_the_same_every_time() {
    assert_eq!(document_json(), document_json());
    assert!(json()["openapi"].as_str().unwrap().starts_with("3.1."));
}

/// Whose key an operation needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guard {
    Tenant,
    /// A tenant's too, but its errors are OAuth's.
    OAuth,
    Operator,
    Nobody,
}

impl Guard {
    fn of(path: &str) -> Self {
        match path {
            _ if path.starts_with("/v1/oauth/") => Self::OAuth,
            _ if path.starts_with("/v1/admin/") => Self::Operator,
            _ if path.starts_with("/v1/") => Self::Tenant,
            _ => Self::Nobody,
        }
    }
}

#[test]
fn an_operation_says_whose_key_it_needs() {
    let document = json();
    assert_eq!(document["security"], serde_json::json!([{ "apiKey": [] }]));
    for (path, _, operation) in operations(&document) {
        let own = match Guard::of(path) {
            Guard::Tenant | Guard::OAuth => Value::Null,
            Guard::Operator => serde_json::json!([{ "adminKey": [] }]),
            Guard::Nobody => serde_json::json!([{}]),
        };
        assert_eq!(operation["security"], own, "{path}");
    }
    let schemes = document["components"]["securitySchemes"].as_object().unwrap();
    assert_eq!(schemes.keys().collect::<Vec<_>>(), ["adminKey", "apiKey"]);
}

#[test]
fn every_operation_has_a_name_a_tag_and_its_errors() {
    let document = json();
    let mut names = BTreeSet::new();
    for (path, method, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        assert!(
            name.bytes().all(|b| b.is_ascii_alphanumeric()) && name.as_bytes()[0].is_ascii_lowercase(),
            "{name}"
        );
        assert!(names.insert(name), "{name} is there twice");
        assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{name}");
        assert!(operation["summary"].is_string() && operation["description"].is_string(), "{method} {path}");
        let responses = operation["responses"].as_object().unwrap();
        let mut expected = match Guard::of(path) {
            Guard::Tenant | Guard::OAuth => vec!["400", "401", "403", "429", "500", "503"],
            Guard::Operator => vec!["400", "401", "429", "500", "503"],
            Guard::Nobody => vec!["429", "500", "503"],
        };
        if operation.get("requestBody").is_some() && Guard::of(path) != Guard::OAuth {
            expected.extend(["408", "413", "415", "422"]);
        }
        if path.contains("{id}") || path.contains("{tenant}") {
            expected.push("404");
        }
        for status in expected {
            assert!(responses.contains_key(status), "{name} lacks {status}");
        }
    }
}

#[test]
fn errors_are_problems_and_name_their_codes() {
    let document = json();
    for (path, _, operation) in operations(&document) {
        if Guard::of(path) == Guard::OAuth {
            continue;
        }
        for (status, response) in operation["responses"].as_object().unwrap() {
            if status.starts_with('2') {
                continue;
            }
            let content = response["content"].as_object().unwrap();
            assert_eq!(content.keys().collect::<Vec<_>>(), ["application/problem+json"], "{path} {status}");
            assert_eq!(content["application/problem+json"]["schema"]["$ref"], "#/components/schemas/Problem");
            for code in response["description"].as_str().unwrap().split(", ") {
                let code = ErrorCode::ALL.iter().find(|known| format!("`{}`", known.as_str()) == code);
                assert_eq!(code.unwrap().status().to_string(), *status, "{path}");
            }
        }
    }
}

#[test]
fn errors_of_oauth_are_in_its_own_words() {
    let document = json();
    let mut seen = 0;
    for (path, _, operation) in operations(&document) {
        let responses = operation["responses"].as_object().unwrap();
        for (status, response) in responses.iter().filter(|(status, _)| !status.starts_with('2')) {
            if Guard::of(path) != Guard::OAuth {
                continue;
            }
            seen += 1;
            let content = response["content"].as_object().unwrap();
            assert_eq!(content.keys().collect::<Vec<_>>(), ["application/json"], "{path} {status}");
            assert_eq!(content["application/json"]["schema"]["$ref"], "#/components/schemas/OAuthError");
            let said = response["description"].as_str().unwrap().trim_matches('`');
            let is_known = ErrorCode::ALL
                .iter()
                .map(|code| OAuthErrorWord::of(*code))
                .any(|(word, its)| word.as_str() == said && its.to_string() == *status);
            assert!(is_known, "{path} {status} {said}");
        }
    }
    assert_eq!(seen, 18, "nine statuses of two operations");
}

#[test]
fn every_code_of_the_table_is_documented_somewhere() {
    let all = document_json();
    for code in ErrorCode::ALL {
        // Whoever sends a wrong method has no operation that could document it; proxies and browsers read no document.
        let undocumented =
            [ErrorCode::MethodNotAllowed, ErrorCode::UntrustedProxy, ErrorCode::CrossSiteRequest];
        if !undocumented.contains(code) {
            assert!(all.contains(&format!("`{}`", code.as_str())), "{}", code.as_str());
        }
    }
}

#[test]
fn nothing_is_nullable_and_nothing_has_a_discriminator() {
    let document = json();
    walk(&document, "", &mut |place, object| {
        assert!(!object.contains_key("nullable") && !object.contains_key("discriminator"), "{place}");
        let kind = object.get("type");
        assert!(!kind.is_some_and(Value::is_array) && kind != Some(&Value::from("null")), "{place}");
    });
}

#[test]
fn a_paragraph_is_one_line() {
    let document = json();
    walk(&document, "", &mut |place, object| {
        for key in ["summary", "description"] {
            let text = object.get(key).and_then(Value::as_str).unwrap_or_default();
            assert!(!text.replace("\n\n", "").contains('\n'), "{place}/{key}: {text}");
        }
    });
}

#[test]
fn every_reference_leads_somewhere() {
    let document = json();
    walk(&document, "", &mut |place, object| {
        if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
            assert!(document.pointer(&reference[1..]).is_some(), "{place}: {reference}");
        }
    });
}

#[test]
fn the_variants_of_a_union_are_told_apart_by_their_type_and_have_a_member_of_their_own() {
    let document = json();
    let mut unions = 0;
    for (name, schema) in schemas(&document) {
        let Some(variants) = schema.get("oneOf").and_then(Value::as_array) else { continue };
        unions += 1;
        for variant in variants {
            assert_eq!(variant.as_object().unwrap().len(), 1, "{name}");
            let reference = variant["$ref"].as_str().unwrap_or_else(|| panic!("{name}: an inline variant"));
            let variant = document.pointer(&reference[1..]).unwrap();
            assert_eq!(variant["properties"]["type"]["enum"].as_array().unwrap().len(), 1, "{reference}");
            let required = variant["required"].as_array().unwrap();
            assert!(required.contains(&"type".into()) && required.len() >= 2, "{reference}");
        }
    }
    assert_eq!(unions, 5, "next, to in requests, to in answers, message, credential");
}

#[test]
fn requests_are_closed_and_answers_are_open_and_without_patterns() {
    let document = json();
    let all = operations(&document);
    let requests: Vec<&Value> =
        all.iter().filter_map(|(_, _, operation)| operation.get("requestBody")).collect();
    let answers = all.iter().map(|(_, _, operation)| &operation["responses"]);
    // What webhooks carry is made by Herald too.
    let answers: Vec<&Value> = answers.chain([&document["webhooks"]]).collect();
    let requests = reachable(&document, &requests);
    let answers = reachable(&document, &answers);
    for (name, schema) in schemas(&document) {
        assert!(requests.contains(name) || answers.contains(name), "{name} is not used");
        let is_object = schema["type"] == "object";
        assert_eq!(
            schema.get("additionalProperties").is_some(),
            requests.contains(name) && is_object,
            "{name}"
        );
        if answers.contains(name) {
            walk(schema, name, &mut |place, object| assert!(!object.contains_key("pattern"), "{place}"));
        }
    }
    assert!(requests.is_disjoint(&answers), "{:?}", requests.intersection(&answers));
}

#[test]
fn answers_are_named_objects_and_members_are_written_in_snake_case() {
    let document = json();
    for (path, _, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            if let Some(schema) = response["content"]["application/json"].get("schema") {
                assert!(schema["$ref"].is_string(), "{path} {status}");
            }
        }
    }
    for (name, schema) in schemas(&document) {
        for member in schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys) {
            let is_snake = member.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            assert!(is_snake, "{name}.{member}");
        }
    }
}
