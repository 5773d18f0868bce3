//! `deploy/prometheus-rules.yaml`: alerts on metrics that there are, with labels and values that `docs/metrics.md` has. (That
//! page is compared with the code where the metrics are described.)

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::promql::{self, Metrics};
use crate::tree;

const FILE: &str = "deploy/prometheus-rules.yaml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
    rules: Vec<Alert>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Alert {
    #[serde(rename = "alert")]
    name: String,
    expr: String,
    #[serde(default, rename = "for")]
    lasting: Option<String>,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

fn alerts() -> Vec<Alert> {
    let rules: Rules = serde_norway::from_str(&tree::read(FILE)).unwrap_or_else(|e| panic!("{FILE}: {e}"));
    let [group] = <[Group; 1]>::try_from(rules.groups).unwrap_or_else(|_| panic!("not one group"));
    assert_eq!(group.name, "herald");
    group.rules
}

#[test]
fn every_alert_asks_for_what_herald_counts() {
    let metrics = Metrics::of(&tree::read("docs/metrics.md"));
    let (alerts, mut names) = (alerts(), BTreeSet::new());
    assert!(alerts.len() >= 5, "hardly any alert");
    for Alert { name: alert, expr, lasting, labels, annotations } in &alerts {
        assert!(names.insert(alert), "{alert} is there twice");
        assert!(alert.starts_with("Herald"), "{alert}");
        let faults = promql::faults(expr, &metrics);
        assert!(faults.is_empty(), "{alert}: {faults:?}");
        assert!(lasting.as_deref().is_none_or(is_duration), "{alert}: for {lasting:?}");
        let severity = labels.get("severity").map(String::as_str);
        assert!(labels.len() == 1 && matches!(severity, Some("critical" | "warning")), "{alert}: {labels:?}");
        assert_eq!(annotations.keys().collect::<Vec<_>>(), ["description", "summary"], "{alert}");
        let there = promql::labels_of_result(expr, &metrics);
        for label in annotations.values().flat_map(|text| labels_in(text)) {
            assert!(there.contains(label), "{alert} speaks of {label}; there is {there:?}");
        }
    }
}

fn is_duration(text: &str) -> bool {
    let number = text.strip_suffix(['s', 'm', 'h']);
    number.is_some_and(|number| number.parse::<u32>().is_ok())
}

/// The labels that a text is filled in with.
fn labels_in(text: &str) -> Vec<&str> {
    let filled = text.split("{{").skip(1).filter_map(|rest| rest.split("}}").next());
    filled.map(|inside| inside.trim().strip_prefix("$labels.").unwrap_or(inside)).collect()
}

#[test]
fn the_labels_of_a_text_are_found() {
    let text = "{{ $labels.tenant }}/{{ $labels.connection }}, {{ $value }}";
    assert_eq!(labels_in(text), ["tenant", "connection", " $value "]);
}
