//! The list of metrics, what the code counts, and `docs/metrics.md` say the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use super::described::{Kind, METRICS};

/// What a macro that counts is called, and what it makes.
const MACROS: [(&str, Kind); 3] =
    [("counter!(", Kind::Counter), ("gauge!(", Kind::Gauge), ("histogram!(", Kind::Histogram)];

/// A metric as the code makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Made {
    kind: Kind,
    labels: Vec<String>,
}

#[test]
fn every_metric_that_the_code_makes_is_described_and_no_other() {
    let described: BTreeMap<&str, Kind> = METRICS.iter().map(|(name, kind, _)| (*name, *kind)).collect();
    assert_eq!(described.len(), METRICS.len(), "a metric is described twice");
    let made = made_by_all();
    let made: BTreeMap<&str, Kind> = made.iter().map(|(name, made)| (name.as_str(), made.kind)).collect();
    assert_eq!(made, described, "telemetry/described.rs (right) is not what the code makes (left)");
}

#[test]
fn the_page_has_every_metric_with_its_kind_its_labels_and_its_meaning() {
    let made = made_by_all();
    let rows: Vec<String> = METRICS
        .iter()
        .map(|(name, kind, meaning)| {
            let kind = format!("{kind:?}").to_ascii_lowercase();
            let labels = made.get(*name).map(|made| made.labels.as_slice()).unwrap_or_default();
            let labels = labels.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(", ");
            format!("| `{name}` | {kind} | {labels} | {meaning} |").replace("|  |", "| |")
        })
        .collect();
    let page = fs::read_to_string(root().join("docs/metrics.md")).expect("the page can be read");
    let there: Vec<&str> = page.lines().filter(|line| line.starts_with("| `herald_")).collect();
    assert_eq!(there, rows, "docs/metrics.md (left) needs these rows (right), in this order");
}

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every metric that the sources of all crates make, by name.
fn made_by_all() -> BTreeMap<String, Made> {
    let crates = fs::read_dir(root().join("crates")).expect("the crates can be read");
    let mut folders: Vec<PathBuf> =
        crates.map(|entry| entry.expect("a crate can be read").path().join("src")).collect();
    let mut all = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources can be read") {
            let path = entry.expect("an entry of a folder can be read").path();
            // This file has examples in it.
            if path.ends_with("telemetry/tests.rs") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = fs::read_to_string(&path).expect("a source can be read");
                for (name, made) in made_by(&source) {
                    let known = all.entry(name.clone()).or_insert_with(|| made.clone());
                    assert_eq!(*known, made, "{name} is made in two ways, here by {}", path.display());
                }
            }
        }
    }
    all
}

/// The metrics that a source makes: each call has the name as its first argument, and its labels behind it or in a
/// `let labels = […]` before it.
fn made_by(source: &str) -> Vec<(String, Made)> {
    let mut found = Vec::new();
    for (call, kind) in MACROS {
        for (at, _) in source.match_indices(call) {
            // `describe_counter!(…)` makes none.
            if source[..at].ends_with('_') {
                continue;
            }
            let arguments = up_to_the_end(&source[at + call.len()..]);
            let name = arguments.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next());
            let name = name.unwrap_or_else(|| panic!("a metric without a literal name: {arguments}"));
            let labels = if arguments.contains("&labels") {
                let (_, list) =
                    source[..at].rsplit_once("let labels = [").expect("the labels stand before it");
                let list = list.split("];").next().unwrap_or_default();
                list.split("(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
            } else {
                labels_of(arguments)
            };
            let labels = labels.into_iter().map(str::to_owned).collect();
            found.push((name.to_owned(), Made { kind, labels }));
        }
    }
    found
}

/// What stands before the parenthesis that closes.
fn up_to_the_end(text: &str) -> &str {
    let mut depth = 1;
    for (at, character) in text.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    panic!("a call that does not end: {text}")
}

/// The literals that stand before `=>`.
fn labels_of(arguments: &str) -> Vec<&str> {
    let before: Vec<&str> = arguments.split("=>").collect();
    let (_, before) = before.split_last().expect("a split has a part");
    before.iter().filter_map(|part| part.trim_end().strip_suffix('"')?.rsplit('"').next()).collect()
}

#[test]
fn metrics_are_found_however_they_are_written() {
    let made = made_by(
        r#"
        let labels = [("tenant", a.to_owned()), ("connection", b(c))];
        metrics::gauge!("x_condition", &labels).set(1);
        metrics::counter!(
            "x_total",
            "method" => method.of(thing), "route" => route
        ).increment(1);
        metrics::histogram!("x_seconds").record(f(1));
        metrics::describe_counter!("x_total", "Told.");
        "#,
    );
    let expected = [
        ("x_total", Kind::Counter, vec!["method", "route"]),
        ("x_condition", Kind::Gauge, vec!["tenant", "connection"]),
        ("x_seconds", Kind::Histogram, vec![]),
    ];
    let expected = expected.map(|(name, kind, labels)| {
        (name.to_owned(), Made { kind, labels: labels.into_iter().map(str::to_owned).collect() })
    });
    assert_eq!(made, expected);
}

#[test]
fn a_metric_says_what_it_means_where_it_is_scraped() {
    let handle = super::metrics().expect("the metrics can be kept");
    let shown = handle.render();
    let (_, _, meaning) = METRICS[0];
    assert!(shown.contains(&format!("# HELP herald_build_info {meaning}")), "{shown}");
    let names: BTreeSet<&str> =
        shown.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    for name in names {
        assert!(shown.contains(&format!("# HELP {name} ")), "{name} does not say what it means");
    }
}
