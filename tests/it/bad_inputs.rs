//! Bad inputs have numbers, B1 to B62 and B81 to B99, so that none loses its check: each that applies to this service is the
//! label of one over a real socket. Labels are what a text in the tests begins with: `"B45 port"`, `"B23, B24 {length}"`.

use std::{collections::BTreeSet, ops::RangeInclusive};

use crate::tree;

/// The numbers that are given.
const ROWS: [RangeInclusive<u32>; 2] = [1..=62, 81..=99];
/// Those that are none of this service's, and why.
const NOT_OURS: [(u32, &str); 1] =
    [(88, "bare LF as the end of a line: the proxy in front decides, as the table itself says")];
/// Where the checks are.
const CHECKS: &str = "crates/herald-server/tests/it/";

#[test]
fn every_row_of_bad_inputs_is_checked() {
    let checks = tree::texts().into_iter().filter(|text| text.path.starts_with(CHECKS) && text.is("rs"));
    let found: BTreeSet<u32> = checks.flat_map(|text| labels(&text.body)).collect();
    let is_ours = |row: &u32| NOT_OURS.iter().all(|(other, _)| row != other);
    let missing: Vec<u32> =
        ROWS.into_iter().flatten().filter(is_ours).filter(|row| !found.contains(row)).collect();
    assert!(missing.is_empty(), "rows without a check: {missing:?}");
    for (row, why) in NOT_OURS {
        assert!(!found.contains(&row), "B{row} is checked after all, and listed as not ours ({why})");
    }
}

/// The rows that the texts of this source begin with.
fn labels(source: &str) -> BTreeSet<u32> {
    let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    let texts = code.flat_map(|line| line.split('"').skip(1));
    texts.flat_map(|text| text.split(", ").map_while(label)).collect()
}

/// The row that a text begins with.
fn label(text: &str) -> Option<u32> {
    let rest = text.strip_prefix('B')?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let is_word = rest[digits..].chars().next().is_none_or(|next| !next.is_alphanumeric());
    rest[..digits].parse().ok().filter(|_| is_word)
}

#[test]
fn a_label_is_what_a_text_begins_with() {
    assert_eq!(labels("(\"B45 port\", x), \"B23, B24 {length}\", \"B98\""), BTreeSet::from([23, 24, 45, 98]));
    assert_eq!(labels("// \"B1\"\n//! Keys (B1–B8).\n"), BTreeSet::new());
    assert_eq!(labels("\"see B1\", \"%D0%B2\", \"Bearer\", \"B2x\""), BTreeSet::new());
}
