//! What happens between a commit and the moment the agenda hears of it, and what a lease costs when many are held.

use jiff::{SignedDuration, Timestamp};

use super::{Agenda, DueChange, Kind, RowName, TenantAgendas, Waiting};
use crate::key;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn row(id: u128) -> RowName {
    RowName { tenant: key::tenant("acme").unwrap(), id }
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
    agenda.release("a", &row(1), None);
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

fn waiting(agenda: &Agenda, now: i64) -> Option<(u64, Timestamp, Timestamp)> {
    agenda.waiting(at(now)).map(|Waiting { count, oldest_due_at, next_at }| (count, oldest_due_at, next_at))
}

#[test]
fn a_rest_ends_with_its_time_with_a_change_and_with_a_lease_by_name() {
    let agenda = agenda(&[(1, 10), (2, 11), (3, 12)]);
    assert_eq!(agenda.take("a", at(20), at(40), 9).len(), 3);
    for id in [1, 2, 3] {
        agenda.release("a", &row(id), Some(at(30)));
    }
    assert_eq!(waiting(&agenda, 20), Some((3, at(10), at(30))));
    assert_eq!(agenda.take("b", at(29), at(60), 9), []);
    agenda.change(change(2, Some(11), Some(11)));
    assert!(agenda.take_one("c", &row(3), at(29), at(60), || Ok(Some(Some(at(12))))).unwrap());
    assert_eq!(agenda.take("b", at(29), at(60), 9), [(at(11), row(2))]);
    assert_eq!(agenda.take("b", at(30), at(60), 9), [(at(10), row(1))]);
    assert_eq!(waiting(&agenda, 30), Some((3, at(10), at(60))));
    // When the leases are over, nothing rests any more.
    assert_eq!(agenda.take("b", at(60), at(90), 9).len(), 3);
    agenda.change(change(1, Some(10), None));
    agenda.release("b", &row(1), Some(at(99)));
    assert_eq!(waiting(&agenda, 61), Some((2, at(11), at(90))));
}

#[test]
fn loading_anew_keeps_the_rests_of_rows_that_did_not_move() {
    let agenda = agenda(&[(1, 10), (2, 11), (3, 12)]);
    agenda.take("a", at(20), at(40), 9);
    for id in [1, 2, 3] {
        agenda.release("a", &row(id), Some(at(30)));
    }
    agenda.load([Ok((at(10), row(1))), Ok((at(13), row(2)))].into_iter()).unwrap();
    assert_eq!(waiting(&agenda, 20), Some((2, at(10), at(13))));
    assert_eq!(agenda.take("a", at(20), at(40), 9), [(at(13), row(2))]);
    assert_eq!(agenda.take("a", at(30), at(40), 9), [(at(10), row(1))]);
}

#[test]
fn a_tenant_of_whom_nothing_is_due_any_more_is_empty_after_loading() {
    let agendas = TenantAgendas::default();
    let named = |tenant: &str| RowName { tenant: key::tenant(tenant).unwrap(), id: 1 };
    agendas.load([Ok((at(10), named("acme"))), Ok((at(11), named("zenith")))].into_iter()).unwrap();
    assert_eq!(agendas.backlog(at(0)).len(), 2);
    agendas.load([Ok((at(12), named("zenith")))].into_iter()).unwrap();
    let backlog = agendas.backlog(at(0));
    assert_eq!(backlog.len(), 1);
    assert_eq!((backlog[0].tenant.as_str(), backlog[0].next_at), ("zenith", at(12)));
}

#[test]
fn what_changed_while_it_was_held_does_not_rest_when_it_is_given_back() {
    let agenda = agenda(&[(1, 10), (2, 10)]);
    assert_eq!(agenda.take("a", at(10), at(40), 5).len(), 2);
    agenda.change(change(1, Some(10), Some(12)));
    assert_eq!(agenda.release("a", &row(1), Some(at(90))), Some(at(12)));
    assert_eq!(agenda.release("a", &row(2), Some(at(90))), Some(at(90)));
    assert_eq!(agenda.take("a", at(20), at(60), 5), [(at(12), row(1))]);
    // It is said of this lease only.
    assert_eq!(agenda.release("b", &row(1), Some(at(90))), None);
    assert_eq!(agenda.release("a", &row(1), Some(at(90))), Some(at(90)));
    assert_eq!(waiting(&agenda, 20), Some((2, at(10), at(90))));
}
