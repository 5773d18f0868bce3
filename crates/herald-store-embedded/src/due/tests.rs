//! What happens between a commit and the moment the agenda hears of it, and what a lease costs when many are held.

use jiff::{SignedDuration, Timestamp};

use super::{Agenda, DueChange, Kind, RowName};
use crate::codec;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn row(id: u128) -> RowName {
    RowName { tenant: codec::tenant("acme").unwrap(), id }
}

fn change(id: u128, from: Option<i64>, to: Option<i64>) -> DueChange {
    DueChange { kind: Kind::Login, row: row(id), from: from.map(at), to: to.map(at) }
}

fn agenda(rows: &[(u128, i64)]) -> Agenda {
    let agenda = Agenda::default();
    for (id, due) in rows {
        agenda.change(change(*id, None, Some(*due)));
    }
    agenda
}

#[test]
fn a_row_taken_before_the_news_of_its_move_comes_back_at_its_new_time_once() {
    let agenda = agenda(&[(1, 10)]);
    let taken = agenda.take("a", at(10), at(40), 5);
    assert_eq!(taken, [(at(10), row(1))]);
    // The snapshot shows it due at 20 already; then the news comes.
    agenda.correct("a", &row(1), at(10), Some(at(20)));
    agenda.change(change(1, Some(10), Some(20)));
    assert_eq!(agenda.take("a", at(19), at(40), 5), []);
    assert_eq!(agenda.take("a", at(20), at(40), 5), [(at(20), row(1))]);
    assert_eq!(agenda.take("b", at(20), at(40), 5), []);
}

#[test]
fn news_that_came_after_the_snapshot_beat_it() {
    let agenda = agenda(&[(1, 10)]);
    agenda.take("a", at(10), at(40), 5);
    agenda.change(change(1, Some(10), Some(30)));
    agenda.correct("a", &row(1), at(10), None);
    assert_eq!(agenda.next(at(10)), Some(at(30)));
}

#[test]
fn a_row_taken_by_name_before_the_news_of_its_move_is_not_free_beside() {
    let agenda = agenda(&[(1, 10)]);
    // The snapshot shows it due at 20 already; the agenda still has it free at 10 until the news comes.
    assert!(agenda.take_one("a", &row(1), at(10), at(40), || Ok(Some(Some(at(20))))).unwrap());
    agenda.change(change(1, Some(10), Some(20)));
    assert_eq!(agenda.take("b", at(25), at(60), 5), []);
    assert_eq!(agenda.take("b", at(40), at(60), 5), [(at(20), row(1))]);
}

#[test]
fn a_row_that_is_gone_is_not_looked_for_again() {
    let agenda = agenda(&[(1, 10)]);
    agenda.take("a", at(10), at(40), 5);
    agenda.correct("a", &row(1), at(10), None);
    assert_eq!(agenda.next(at(10)), None);
    assert!(!agenda.take_one("a", &row(1), at(10), at(40), || Ok(None)).unwrap());
}

#[test]
fn loading_anew_keeps_the_leases() {
    let agenda = agenda(&[(1, 10), (2, 11)]);
    agenda.take("a", at(10), at(40), 1);
    agenda.load([Ok((at(12), row(1))), Ok((at(13), row(3)))].into_iter()).unwrap();
    assert_eq!(agenda.take("b", at(20), at(60), 5), [(at(13), row(3))]);
    agenda.release("a", &row(1));
    assert_eq!(agenda.take("b", at(20), at(60), 5), [(at(12), row(1))]);
}

#[test]
fn the_next_look_counts_a_held_row_that_is_due_after_its_lease() {
    let agenda = agenda(&[(1, 50), (2, 10), (3, 60)]);
    assert!(agenda.take_one("a", &row(1), at(0), at(5), || Ok(Some(Some(at(50))))).unwrap());
    assert_eq!(agenda.next(at(0)), Some(at(10)));
    agenda.take("a", at(10), at(70), 1);
    assert_eq!(agenda.next(at(4)), Some(at(50)));
    let a_moment = SignedDuration::from_secs(1);
    assert!(agenda.next(at(5) - a_moment) <= Some(at(50)));
}
