//! ARCHITECTURE.md names every module of every crate, in the section whose heading names the crate; and every case that a port names
//! under "Behaviour" is there.

use std::collections::{BTreeMap, BTreeSet};

use crate::tree::{self, Text};

/// What lies beside the modules.
const ROOTS: [&str; 2] = ["lib", "main"];

#[test]
fn the_architecture_names_every_module() {
    let texts = tree::texts();
    let modules = modules(&texts);
    assert!(modules.len() > 10, "the walk found hardly any crate: {modules:?}");
    let missing = unnamed(&modules, &tree::read("ARCHITECTURE.md"));
    assert!(missing.is_empty(), "ARCHITECTURE.md does not name:\n{}\n", missing.join("\n"));
}

#[test]
fn every_case_that_a_port_names_is_there() {
    let texts = tree::texts();
    let named: BTreeSet<&str> =
        texts.iter().filter(|text| text.is("rs")).flat_map(|text| cases(&text.body)).collect();
    assert!(named.len() > 30, "{named:?}");
    let is_there = |name: &&str| {
        let function = format!("fn {name}(");
        texts.iter().any(|text| text.is("rs") && text.body.contains(&function))
    };
    let missing: Vec<_> = named.iter().filter(|name| !is_there(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// The modules at the top of each crate: its files and folders beside `lib.rs`, but for tests.
fn modules(texts: &[Text]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut found = BTreeMap::<_, BTreeSet<_>>::new();
    for text in texts.iter().filter(|text| text.is("rs")) {
        let mut parts = text.path.split('/');
        let (Some("crates"), Some(name), Some("src"), Some(part)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let module = part.strip_suffix(".rs").unwrap_or(part);
        if !ROOTS.contains(&module) && !module.ends_with("tests") {
            found.entry(name).or_default().insert(module);
        }
    }
    found
}

/// The modules, each behind its crate, that the section of the crate does not name.
fn unnamed(modules: &BTreeMap<&str, BTreeSet<&str>>, paper: &str) -> Vec<String> {
    let mut missing = Vec::new();
    for (name, modules) in modules {
        let words = section(paper, name).map(words).unwrap_or_default();
        missing.extend(
            modules
                .iter()
                .filter(|module| !words.contains(*module))
                .map(|module| format!("{name}: {module}")),
        );
    }
    missing
}

/// What stands below the heading that names this crate.
fn section<'a>(paper: &'a str, name: &str) -> Option<&'a str> {
    let names_it = |heading: &str| heading.split([' ', ',', ':']).any(|word| word == name);
    let section =
        paper.split("\n### ").skip(1).find(|section| section.lines().next().is_some_and(names_it))?;
    section.split("\n## ").next()
}

/// The words in backticks.
fn words(text: &str) -> BTreeSet<&str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.flat_map(|piece| piece.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')).collect()
}

/// The names that bullets of documentation under "Behaviour" begin with.
fn cases(source: &str) -> Vec<&str> {
    let mut is_listed = false;
    let mut found = Vec::new();
    for line in source.lines().map(str::trim_start) {
        let doc = line.strip_prefix("//!").or_else(|| line.strip_prefix("///"));
        let Some(doc) = doc.map(str::trim_start) else {
            is_listed = false;
            continue;
        };
        if let Some(heading) = doc.strip_prefix("# ") {
            is_listed = heading.starts_with("Behaviour");
        }
        let name = doc.strip_prefix("- `").and_then(|rest| rest.split_once("`:")).map(|(name, _)| name);
        found.extend(name.filter(|_| is_listed));
    }
    found
}

#[test]
fn a_module_that_is_not_named_is_found() {
    let texts =
        ["a/src/lib.rs", "a/src/x.rs", "a/src/y/mod.rs", "a/src/y_tests.rs", "a/tests/it/z.rs", "b/src/x.rs"]
            .map(|path| Text::of(&format!("crates/{path}"), "//! A file."));
    let found = modules(&texts);
    assert_eq!(found["a"], BTreeSet::from(["x", "y"]));
    assert_eq!(unnamed(&found, "\n### a: words\n`x` and `y/{mod,z}`\n### b, c\n`b/x`").len(), 0);
    assert_eq!(unnamed(&found, "\n### a: words\n`x`, y\n### c\n`x`"), ["a: y", "b: x"]);
    assert_eq!(unnamed(&found, "\n### a, b\n`x`\n## Later\n`y`"), ["a: y"]);
}

#[test]
fn cases_are_told_from_other_bullets() {
    let source = "/// # Behaviour\n/// - `one`: a case.\n/// - No case, `though`: quoted.\nfn f();\n//! - `two`: elsewhere.\n\
        //! # Behaviour of every store\n//! - `three`: a case.\n//! # Things to note\n//! - `four`: none.";
    assert_eq!(cases(source), ["one", "three"]);
}
