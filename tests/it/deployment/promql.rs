//! As much of PromQL as the alerts need: whether an expression speaks of metrics, labels and values that there are.

use std::collections::{BTreeMap, BTreeSet};

const FUNCTIONS: [&str; 4] = ["sum", "max", "rate", "increase"];
const OPERATORS: [&str; 3] = ["or", "unless", "offset"];
/// What Prometheus itself adds to whatever it scrapes.
const ADDED: [&str; 2] = ["instance", "job"];

/// What `docs/metrics.md` says.
pub(super) struct Metrics {
    labels: BTreeMap<String, BTreeSet<String>>,
    /// Those that labels may have, of whichever metric.
    values: BTreeSet<String>,
}

impl Metrics {
    /// Reads the page: a table of metrics and one of values, in which code stands in backticks.
    pub(super) fn of(page: &str) -> Self {
        let (mut labels, mut values) = (BTreeMap::<String, BTreeSet<String>>::new(), BTreeSet::new());
        // Prometheus knows by itself whether it could scrape.
        labels.insert("up".to_owned(), BTreeSet::new());
        for line in page.lines().filter(|line| line.starts_with("| `")) {
            let cells: Vec<Vec<&str>> =
                line.split('|').map(|cell| cell.split('`').skip(1).step_by(2).collect()).collect();
            let [_, name, _, words, ..] = cells.as_slice() else { panic!("not a row: {line}") };
            let words = words.iter().map(|word| (*word).to_owned());
            match name.first() {
                Some(name) if name.starts_with("herald_") => {
                    labels.insert((*name).to_owned(), words.collect());
                }
                _ => values.extend(words),
            }
        }
        assert!(labels.len() > 10 && values.len() > 10, "docs/metrics.md has hardly any metric or value");
        for labels in labels.values_mut() {
            labels.extend(ADDED.map(str::to_owned));
        }
        Self { labels, values }
    }

    /// Is it a value that labels may have? Status codes are numbers, and the name of the scrape job is the operator's.
    fn has(&self, label: &str, value: &str) -> bool {
        let is_code = label == "status" && value.len() == 3 && value.parse::<u16>().is_ok();
        is_code || self.values.contains(value) || (label, value) == ("job", "herald")
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    /// A number or a duration.
    Number(&'a str),
    Text(&'a str),
    Mark(char),
}

fn tokens(mut rest: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    while let Some(first) = rest.trim_start().chars().next() {
        rest = rest.trim_start();
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '.');
        let length = match first {
            '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
            _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        found.push(match first {
            '"' => Token::Text(token.trim_matches('"')),
            _ if first.is_ascii_digit() => Token::Number(token),
            _ if is_word(first) => Token::Word(token),
            mark => Token::Mark(mark),
        });
        rest = after;
    }
    found
}

/// What is wrong with an expression.
pub(super) fn faults(expression: &str, metrics: &Metrics) -> Vec<String> {
    let (tokens, mut faults, mut open) = (tokens(expression), Vec::new(), Vec::new());
    let (mut metric, mut label) = ("", "");
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            Token::Mark(mark @ ('(' | '[' | '{')) => open.push(mark),
            Token::Mark(mark @ (')' | ']' | '}')) => {
                if !matches!((open.pop(), mark), (Some('('), ')') | (Some('['), ']') | (Some('{'), '}')) {
                    faults.push(format!("a {mark} that closes nothing"));
                }
            }
            Token::Word(word) if open.last() == Some(&'{') => {
                label = word;
                if !metrics.labels.get(metric).is_some_and(|labels| labels.contains(label)) {
                    faults.push(format!("{metric} has no label {label}"));
                }
            }
            Token::Text(text) => {
                let unknown = text.split('|').filter(|value| !metrics.has(label, value));
                faults.extend(unknown.map(|value| format!("{label} is never {value:?}")));
            }
            Token::Word(word) if metrics.labels.contains_key(word) => metric = word,
            Token::Word(word) if is_grouping(&tokens, at) || is_grammar(word) => {}
            Token::Word(word) => faults.push(format!("there is no {word}")),
            Token::Mark(_) | Token::Number(_) => {}
        }
    }
    faults.extend(open.iter().map(|mark| format!("a {mark} that nothing closes")));
    let all: BTreeSet<&str> =
        named(&tokens, metrics).flat_map(|(_, labels)| labels).map(String::as_str).collect();
    let groups = groups(&tokens).into_iter().filter(|label| !all.contains(label));
    faults.extend(groups.map(|label| format!("nothing here has a label {label}")));
    faults
}

/// The labels that an alert on this expression has.
pub(super) fn labels_of_result(expression: &str, metrics: &Metrics) -> BTreeSet<String> {
    let tokens = tokens(expression);
    if tokens.iter().any(|token| matches!(token, Token::Word("sum" | "max"))) {
        return groups(&tokens).into_iter().map(str::to_owned).collect();
    }
    named(&tokens, metrics).flat_map(|(_, labels)| labels).cloned().collect()
}

fn is_grammar(word: &str) -> bool {
    word == "by" || FUNCTIONS.contains(&word) || OPERATORS.contains(&word)
}

/// Is this a label in the parentheses behind `by`?
fn is_grouping(tokens: &[Token<'_>], at: usize) -> bool {
    let before = tokens[..at].iter().rposition(|token| *token == Token::Mark('('));
    before.is_some_and(|open| {
        open > 0 && tokens[open - 1] == Token::Word("by") && !tokens[open..at].contains(&Token::Mark(')'))
    })
}

/// The labels that are grouped by.
fn groups<'a>(tokens: &[Token<'a>]) -> BTreeSet<&'a str> {
    let of = |(at, token): (usize, &Token<'a>)| match token {
        Token::Word(word) if is_grouping(tokens, at) => Some(*word),
        _ => None,
    };
    tokens.iter().enumerate().filter_map(of).collect()
}

/// The metrics that are named, with their labels.
fn named<'a>(
    tokens: &'a [Token<'a>],
    metrics: &'a Metrics,
) -> impl Iterator<Item = (&'a String, &'a BTreeSet<String>)> {
    let word = |token: &Token<'a>| match token {
        Token::Word(word) => Some(*word),
        _ => None,
    };
    tokens.iter().filter_map(word).filter_map(move |word| metrics.labels.get_key_value(word))
}

#[test]
fn what_herald_does_not_count_is_found() {
    let page = crate::tree::read("docs/metrics.md");
    let metrics = Metrics::of(&page);
    let count = |expression: &str| faults(expression, &metrics).len();
    let good =
        r#"sum by (code) (rate(herald_logins_failed_total{code=~"login_lost|provider_error"}[5m])) > 0.5"#;
    assert_eq!(faults(good, &metrics), Vec::<String>::new());
    assert_eq!(labels_of_result(good, &metrics).into_iter().collect::<Vec<_>>(), ["code"]);
    assert!(labels_of_result("herald_panics_total > 0", &metrics).contains("work"));
    for (from, to) in [
        ("herald_logins_failed_total", "herald_logins_fail_total"),
        ("{code", "{kode"),
        ("login_lost", "login_losst"),
        ("rate(", "rat("),
        ("by (code)", "by (status)"),
        ("[5m]", "[5m"),
        ("> 0.5", ") > 0.5"),
    ] {
        assert!(good.contains(from), "{from}");
        assert!(count(&good.replace(from, to)) > 0, "{to}");
    }
}
