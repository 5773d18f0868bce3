//! Every event that is told has a webhook in the document.

use std::collections::BTreeSet;

use herald_core::event::{EventFilter, EventType};

use super::{json, operations};

#[test]
fn every_event_is_among_those_of_its_family() {
    let document = json();
    let webhooks = document["webhooks"].as_object().unwrap();
    let mut families = BTreeSet::new();
    for kind in EventType::ALL.iter().map(|kind| kind.as_str()) {
        let (family, _) = kind.split_once('.').unwrap();
        families.insert(family);
        let operation = &webhooks[family]["post"];
        let is_named = operation["description"].as_str().unwrap().contains(&format!("`{kind}`"));
        let is_told = EventFilter::parse(kind).is_ok() || kind == "webhook_endpoint.test";
        assert_eq!(is_named, is_told, "{kind}");
        assert_eq!(operation["security"], serde_json::json!([{}]), "{family}");
    }
    assert_eq!(families, webhooks.keys().map(String::as_str).collect());
}

#[test]
fn events_share_no_tag_with_what_callers_call() {
    let document = json();
    let all = operations(&document);
    for (family, item) in document["webhooks"].as_object().unwrap() {
        let tag = &item["post"]["tags"][0];
        assert!(all.iter().all(|(_, _, operation)| &operation["tags"][0] != tag), "{family}");
        assert!(document["tags"].as_array().unwrap().iter().any(|known| &known["name"] == tag), "{family}");
    }
}
