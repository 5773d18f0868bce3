//! `docs/operations.md` quotes what Herald says in its log.

use super::grace_of_herald;
use crate::tree;

/// The messages that the page quotes, each with its level.
fn quoted(page: &str) -> Vec<(&str, &str)> {
    let (_, table) = page.split_once("| message | level | |").expect("the page has a table of messages");
    let lines = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    lines.filter_map(cells).collect()
}

fn cells(line: &str) -> Option<(&str, &str)> {
    let mut cells = line.split('|').map(str::trim).skip(1);
    let message = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
    Some((message, cells.next()?))
}

/// The level at which a message is logged: that of the last macro that is called before it.
fn level(sources: &str, message: &str) -> Option<&'static str> {
    let (before, _) = sources.split_once(&format!("\"{message}\""))?;
    let calls = ["error", "warn", "info", "debug"]
        .map(|level| before.rfind(&format!("tracing::{level}!(")).map(|at| (at, level)));
    calls.into_iter().flatten().max().map(|(_, level)| level)
}

#[test]
fn every_message_that_the_page_quotes_is_logged_at_that_level() {
    let sources: String = tree::texts()
        .into_iter()
        .filter(|text| text.is("rs") && text.path.starts_with("crates/"))
        .map(|text| text.body.replace("{GRACE_SECONDS}", &grace_of_herald().to_string()))
        .collect();
    let page = tree::read("docs/operations.md");
    let quoted = quoted(&page);
    assert!(quoted.len() > 5, "{quoted:?}");
    for (message, expected) in quoted {
        assert_eq!(level(&sources, message), Some(expected), "{message}");
    }
}

#[test]
fn the_level_of_a_message_is_the_one_of_its_call() {
    let source = r#"tracing::info!("one"); tracing::warn!(a = %b, c.map(tracing::field::display), "two");"#;
    assert_eq!(level(source, "two"), Some("warn"));
    assert_eq!(level(source, "three"), None);
}
