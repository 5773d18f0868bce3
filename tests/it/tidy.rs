//! What every file of this repository has in common. Each rule is a function over files, and is tested on a bad one.

use crate::tree::{self, Text};

/// The longest a source file may be, tests too. Most are about a hundred lines.
const MOST_LINES: usize = 500;

type Rule = fn(&[Text]) -> Vec<String>;

const RULES: [(&str, Rule); 8] = [
    ("every Rust file begins with `//!`", begins_with_its_purpose),
    ("no source file is longer than 500 lines", is_short),
    (
        "services are registered by macro, because the OpenAPI document sees no others",
        registers_no_route_by_hand,
    ),
    ("no file is named after having no subject", has_a_subject),
    ("no file names a place on somebody's machine", names_no_machine),
    ("no test is left out: what it needs and cannot have is a failure", leaves_no_test_out),
    ("every package takes the workspace's lints", takes_the_lints),
    ("the changelog has a place for what is not released", has_unreleased_changes),
];

#[test]
fn the_repository_is_tidy() {
    let texts = tree::texts();
    let faults: Vec<String> = RULES
        .iter()
        .flat_map(|(rule, check)| check(&texts).into_iter().map(move |fault| format!("{rule}: {fault}")))
        .collect();
    let mut lengths: Vec<usize> =
        texts.iter().filter(|text| text.is("rs")).map(|text| text.body.lines().count()).collect();
    lengths.sort_unstable();
    println!("{} Rust files, median length {} lines", lengths.len(), lengths[lengths.len() / 2]);
    assert!(lengths.len() > 100, "the walk found hardly anything: {}", lengths.len());
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

fn begins_with_its_purpose(texts: &[Text]) -> Vec<String> {
    let is_silent = |text: &&Text| text.is("rs") && !text.body.starts_with("//! ");
    paths(texts.iter().filter(is_silent))
}

fn is_short(texts: &[Text]) -> Vec<String> {
    let is_source = |text: &&Text| ["rs", "sh", "html", "css", "js"].iter().any(|kind| text.is(kind));
    let sizes = texts.iter().filter(is_source).map(|text| (text, text.body.lines().count()));
    sizes
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(text, lines)| format!("{} has {lines}", text.path))
        .collect()
}

fn registers_no_route_by_hand(texts: &[Text]) -> Vec<String> {
    let needle = concat!(".rou", "te(");
    let is_code = |line: &str| !line.trim_start().starts_with("//");
    let calls = |text: &&Text| text.body.lines().any(|line| is_code(line) && line.contains(needle));
    paths(texts.iter().filter(|text| text.is("rs")).filter(calls))
}

fn has_a_subject(texts: &[Text]) -> Vec<String> {
    let has_none = |text: &&Text| {
        text.is("rs")
            && text
                .path
                .split(['/', '.'])
                .any(|part| ["util", "utils", "common", "helpers", "misc"].contains(&part))
    };
    paths(texts.iter().filter(has_none))
}

fn names_no_machine(texts: &[Text]) -> Vec<String> {
    let places = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];
    paths(texts.iter().filter(|text| places.iter().any(|place| text.body.contains(place))))
}

/// Neither by its attribute nor by a test that says it is skipped and returns.
fn leaves_no_test_out(texts: &[Text]) -> Vec<String> {
    let leaves_out = |text: &&Text| {
        let attributes = [concat!("#[igno", "re"), concat!(", igno", "re)"), concat!(", igno", "re =")];
        let says = |line: &str| {
            let line = line.trim_start().to_ascii_lowercase();
            !line.starts_with("//") && line.contains(concat!("print", "ln!(")) && line.contains("skip")
        };
        attributes.iter().any(|attribute| text.body.contains(attribute)) || text.body.lines().any(says)
    };
    paths(texts.iter().filter(|text| text.is("rs")).filter(leaves_out))
}

fn takes_the_lints(texts: &[Text]) -> Vec<String> {
    let is_package = |text: &&Text| text.path.ends_with("/Cargo.toml") && text.body.contains("[package]");
    let takes = |text: &Text| text.body.contains("[lints]\nworkspace = true");
    paths(texts.iter().filter(is_package).filter(|text| !takes(text)))
}

fn has_unreleased_changes(texts: &[Text]) -> Vec<String> {
    let is_it = |text: &Text| text.path == "CHANGELOG.md" && text.body.contains("\n## [Unreleased]\n");
    if texts.iter().any(is_it) { vec![] } else { vec!["CHANGELOG.md lacks `## [Unreleased]`".to_owned()] }
}

fn paths<'a>(texts: impl Iterator<Item = &'a Text>) -> Vec<String> {
    texts.map(|text| text.path.clone()).collect()
}

/// Applies `rule` to one file.
fn on(rule: Rule, path: &str, body: &str) -> usize {
    rule(&[Text::of(path, body)]).len()
}

#[test]
fn a_file_without_its_purpose_is_found() {
    assert_eq!(on(begins_with_its_purpose, "a.rs", "use std::fmt;\n"), 1);
    assert_eq!(on(begins_with_its_purpose, "a.rs", "//! What it is.\n"), 0);
    assert_eq!(on(begins_with_its_purpose, "a.md", "# Not Rust\n"), 0);
}

#[test]
fn a_long_file_is_found() {
    assert_eq!(on(is_short, "a.rs", &"x\n".repeat(MOST_LINES + 1)), 1);
    assert_eq!(on(is_short, "a.rs", &"x\n".repeat(MOST_LINES)), 0);
    assert_eq!(on(is_short, "a.md", &"x\n".repeat(MOST_LINES + 1)), 0);
}

#[test]
fn a_route_by_hand_is_found_in_code_only() {
    let call = concat!("app.rou", "te(\"/\", get())");
    assert_eq!(on(registers_no_route_by_hand, "a.rs", call), 1);
    assert_eq!(on(registers_no_route_by_hand, "a.rs", &format!("// never {call}")), 0);
}

#[test]
fn a_file_or_folder_without_a_subject_is_found() {
    assert_eq!(on(has_a_subject, "crates/x/src/utils.rs", ""), 1);
    assert_eq!(on(has_a_subject, "crates/x/src/common/mod.rs", ""), 1);
    assert_eq!(on(has_a_subject, "crates/x/src/commonly.rs", ""), 0);
}

#[test]
fn a_place_on_a_machine_is_found() {
    assert_eq!(on(names_no_machine, "a.md", concat!("see /ro", "ot/notes")), 1);
    assert_eq!(on(names_no_machine, "a.md", "see docs/notes"), 0);
}

#[test]
fn a_test_that_is_left_out_is_found() {
    for body in [
        concat!("#[test]\n#[igno", "re = \"slow\"]\nfn it() {}\n"),
        concat!("#[cfg_attr(miri, igno", "re)]\nfn it() {}\n"),
        concat!("if no_redis() {\n    eprint", "ln!(\"Skipping: no Redis\");\n    return;\n}\n"),
    ] {
        assert_eq!(on(leaves_no_test_out, "a.rs", body), 1, "{body}");
    }
    assert_eq!(on(leaves_no_test_out, "a.rs", "// nothing is ignored\nlet rest = list.iter().skip(1);\n"), 0);
}

#[test]
fn a_package_with_lints_of_its_own_is_found() {
    assert_eq!(on(takes_the_lints, "crates/x/Cargo.toml", "[package]\nname = \"x\"\n"), 1);
    assert_eq!(on(takes_the_lints, "crates/x/Cargo.toml", "[package]\n[lints]\nworkspace = true\n"), 0);
}

#[test]
fn a_changelog_that_forgets_the_unreleased_is_found() {
    assert_eq!(on(has_unreleased_changes, "CHANGELOG.md", "# Changelog\n\n## 0.1.0\n"), 1);
    assert_eq!(on(has_unreleased_changes, "CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n"), 0);
}
