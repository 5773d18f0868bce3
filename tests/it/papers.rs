//! The papers name what exists: files that they link to, tests that they call by name, targets of the Makefile.

mod clients;
mod modules;

use std::{collections::BTreeSet, path::Path};

use crate::tree::{self, Text};

#[test]
fn every_link_leads_somewhere() {
    let dead: Vec<String> = papers().iter().flat_map(|paper| dead_links(paper, &tree::root())).collect();
    assert!(dead.is_empty(), "\n{}\n", dead.join("\n"));
}

#[test]
fn every_test_that_the_architecture_names_is_there() {
    let sources: String =
        tree::texts().into_iter().filter(|text| text.is("rs")).map(|text| text.body).collect();
    let named = test_names(&tree::read("ARCHITECTURE.md"));
    assert!(named.len() > 10, "{named:?}");
    let missing: Vec<_> = named.iter().filter(|name| !sources.contains(&format!("fn {name}("))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_target_that_the_papers_name_is_in_the_makefile() {
    let makefile = tree::read("Makefile");
    for paper in papers() {
        let missing: Vec<_> = targets(&paper.body)
            .into_iter()
            .filter(|target| !makefile.lines().any(|line| line.starts_with(&format!("{target}:"))))
            .collect();
        assert!(missing.is_empty(), "{}: make {missing:?}", paper.path);
    }
}

fn papers() -> Vec<Text> {
    let papers: Vec<_> = tree::texts().into_iter().filter(|text| text.is("md")).collect();
    assert!(papers.len() > 10, "the walk found hardly any paper");
    papers
}

/// The relative links of a paper that lead nowhere.
fn dead_links(paper: &Text, root: &Path) -> Vec<String> {
    let folder = root.join(&paper.path).parent().map(Path::to_owned).unwrap_or_default();
    let ends =
        |target: &&str| !target.is_empty() && !target.contains("://") && !target.starts_with("mailto:");
    let exists = |target: &str| folder.join(target).exists();
    // Not in blocks of code, whose brackets mean something else.
    let texts = paper.body.split("```").step_by(2);
    let targets = texts.flat_map(|text| text.split("](").skip(1)).filter_map(|rest| rest.split(')').next());
    targets
        .filter_map(|target| target.split('#').next())
        .filter(ends)
        .filter(|target| !exists(target))
        .map(|target| format!("{}: {target}", paper.path))
        .collect()
}

/// Words in backticks that are sentences, as tests are named.
fn test_names(paper: &str) -> BTreeSet<String> {
    let is_sentence = |word: &&str| {
        word.matches('_').count() >= 3 && word.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    };
    paper.split('`').skip(1).step_by(2).filter(is_sentence).map(str::to_owned).collect()
}

/// What is written behind `make ` in backticks, or at the start of a line of a code block.
fn targets(paper: &str) -> BTreeSet<String> {
    let quoted = paper.split('`').filter(|piece| !piece.contains('\n'));
    let calls = quoted.chain(paper.lines()).filter_map(|piece| piece.strip_prefix("make "));
    let names = calls.filter_map(|rest| rest.split_whitespace().next());
    names.filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-')).map(str::to_owned).collect()
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let judge = |body: &str| dead_links(&Text::of("docs/adr/x.md", body), &tree::root()).len();
    assert_eq!(judge("[a](nowhere.md) [b](https://x.example/y) [c](#here)"), 1);
    assert_eq!(judge("```go\nfunc f[T any](t T)\n```\n[a](nowhere.md)"), 1);
    assert_eq!(judge("[a](../../README.md#try-it)"), 0);
}

#[test]
fn names_of_tests_are_told_from_other_words() {
    let names = test_names("`a_login_ends_once` in `polling.rs`, `login_lost`, a_b_c_d and `A_B_C_D`");
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["a_login_ends_once"]);
}

#[test]
fn targets_are_found_in_text_and_in_blocks() {
    let found =
        targets("Use `make fly`, and\n```\nmake run      # the demo\n```\nmake it good. To make sense");
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["fly", "it", "run"]);
}
