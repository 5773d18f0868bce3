//! Tests of what is in hand.

use herald_core::id::NotificationId;

use super::*;

const NOW: Timestamp = Timestamp::constant(1_000, 0);

fn tenant() -> TenantId {
    TenantId::parse("acme").unwrap()
}

fn held(all: &InHand<NotificationId>, count: u128) -> Vec<Held<NotificationId>> {
    (0..count).map(|id| all.take(&tenant(), NotificationId::from_u128(id), NOW).unwrap()).collect()
}

#[test]
fn one_notification_is_in_hand_once() {
    let all = InHand::default();
    let id = NotificationId::from_u128(1);
    let held = all.take(&tenant(), id, NOW);
    assert!(held.is_some() && all.take(&tenant(), id, NOW).is_none());
    assert_eq!((all.len(), all.len_of(&tenant())), (1, 1));
    drop(held);
    assert_eq!((all.len(), all.len_of(&tenant())), (0, 0));
    assert!(all.take(&tenant(), id, NOW).is_some());
}

#[test]
fn what_is_in_hand_is_ours_until_its_lease_ends_or_the_store_says_that_it_is_not() {
    let (all, seconds) = (InHand::default(), |seconds| NOW + jiff::SignedDuration::from_secs(seconds));
    let held: Vec<_> =
        (0..2).map(|id| all.take(&tenant(), NotificationId::from_u128(id), seconds(30)).unwrap()).collect();
    let ids = [0, 1].map(NotificationId::from_u128);
    let mut known = all.by_tenant().remove(&tenant()).unwrap();
    known.sort();
    assert_eq!(known, ids);
    let is_ours = |id: usize, until| all.is_ours_until(&tenant(), ids[id], seconds(until));
    assert!(is_ours(0, 30) && !is_ours(0, 31));
    all.prolonged(&tenant(), &ids[..1], &ids[..1], seconds(59));
    assert!(is_ours(0, 59) && is_ours(1, 30) && !is_ours(1, 31));
    all.prolonged(&tenant(), &ids, &ids[..1], seconds(60));
    assert!(is_ours(0, 60) && !is_ours(0, 61));
    assert!(!is_ours(1, 0), "the store has no lease of ours on it, and it may be another's");
    // Leased anew: what the store said of the last lease says nothing of this one.
    assert!(all.take(&tenant(), ids[1], seconds(70)).is_none());
    all.prolonged(&tenant(), &ids, &[], seconds(61));
    assert!(!is_ours(0, 0) && is_ours(1, 70));
    drop(held);
    assert!(!is_ours(0, 0) && all.by_tenant().is_empty(), "what is not in hand is nobody's");
}

#[test]
fn what_is_leased_again_before_it_is_over_is_given_back_once_more() {
    let all = InHand::default();
    let id = NotificationId::from_u128(1);
    let held = all.take(&tenant(), id, NOW).unwrap();
    assert!(all.take(&tenant(), id, NOW).is_none());
    // That lease goes with the first one; the next does not.
    held.gives_back();
    assert!(all.take(&tenant(), id, NOW).is_none());
    let held = held.ends(None).unwrap_err();
    assert!(all.take(&tenant(), id, NOW).is_none(), "it is in hand yet");
    held.gives_back();
    assert!(held.ends(None).is_ok());
    assert_eq!((all.len(), all.len_of(&tenant())), (0, 0));
}

#[test]
fn the_dispatcher_is_told_only_of_what_comes_before_it_wakes_by_itself() {
    let all = InHand::default();
    let mut held = held(&all, 5).into_iter();
    let mut done = |due| held.next().unwrap().ends(due).unwrap();
    assert!(done(Some(NOW)), "while it looks around it is told of everything");
    all.rests(NOW);
    assert!(!done(None), "what is settled is no news");
    assert!(!done(Some(NOW)));
    assert!(done(Some(NOW - jiff::SignedDuration::from_secs(1))));
    all.looks_around();
    assert!(done(Some(NOW)));
}

#[test]
fn who_wants_more_is_told_once_when_there_is_room_for_a_good_part() {
    let all = InHand::default();
    let held = held(&all, 8);
    assert!(!all.wants_more(&tenant(), 8) && all.wants_more(&tenant(), 11));
    all.rests(NOW);
    let told: Vec<bool> = held.into_iter().map(|held| held.ends(None).unwrap()).collect();
    assert_eq!(told, [false, true, false, false, false, false, false, false]);
}
