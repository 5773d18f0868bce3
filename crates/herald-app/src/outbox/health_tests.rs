//! What a try means for the endpoint.

use herald_core::{
    clock::SystemEntropy,
    courier::NoAnswerKind,
    event::EventFilter,
    id::{EndpointId, TenantId},
    webhook::{EndpointSecret, SigningSecrets},
};
use jiff::SignedDuration;

use super::*;

const NOW: Timestamp = Timestamp::constant(1_767_323_045, 0);

fn endpoint() -> Endpoint {
    Endpoint {
        id: EndpointId::from_u128(1),
        tenant: TenantId::parse("acme").unwrap(),
        url: "https://shop.example/hooks".parse().unwrap(),
        events: vec![EventFilter::parse("*").unwrap()],
        description: None,
        is_enabled: true,
        disabled_reason: None,
        secrets: SigningSecrets::new(EndpointSecret::generate(&SystemEntropy)),
        created_at: NOW,
        failing_since: None,
        failed_again_at: None,
        replay: None,
    }
}

fn failing() -> Endpoint {
    Endpoint { failing_since: Some(NOW), ..endpoint() }
}

const GOOD: Reply = Reply::Status(204);
const BAD: [Reply; 3] =
    [Reply::Status(500), Reply::Status(302), Reply::NoAnswer(NoAnswerKind::BlockedAddress)];

#[test]
fn a_success_changes_only_an_endpoint_that_was_failing() {
    assert_eq!(after(&endpoint(), GOOD, NOW), None);
    assert_eq!(after(&failing(), GOOD, NOW).unwrap().failing_since, None);
}

#[test]
fn the_first_failure_is_remembered_and_the_first_one_an_hour_after_it() {
    for reply in BAD {
        let failed = after(&endpoint(), reply, NOW).unwrap();
        assert_eq!(
            (failed.failing_since, failed.failed_again_at, failed.is_enabled),
            (Some(NOW), None, true)
        );
        assert_eq!(after(&failed, reply, NOW + SignedDuration::from_mins(59)), None, "{reply:?}");
        let later = NOW + FAILING_AGAIN;
        let again = after(&failed, reply, later).unwrap();
        assert_eq!((again.failing_since, again.failed_again_at), (Some(NOW), Some(later)));
        assert_eq!(after(&again, reply, later + FAILING_MOST), None, "{reply:?}");
    }
}

#[test]
fn one_failure_after_quiet_days_disables_nobody() {
    let late = NOW + 10 * FAILING_MOST;
    assert_eq!(after(&failing(), BAD[0], late).unwrap().failed_again_at, Some(late));
}

#[test]
fn who_failed_for_too_long_is_disabled_by_the_next_failure() {
    let failing = Endpoint { failed_again_at: Some(NOW), ..failing() };
    let late = NOW + FAILING_MOST + SignedDuration::from_secs(1);
    for reply in BAD {
        let disabled = after(&failing, reply, late).unwrap();
        assert_eq!((disabled.is_enabled, disabled.disabled_reason), (false, Some(DisabledReason::Failing)));
    }
    let well = after(&failing, GOOD, late).unwrap();
    assert_eq!((well.is_enabled, well.failing_since, well.failed_again_at), (true, None, None));
}

#[test]
fn a_failure_is_noted_once_a_minute() {
    let (noted, id) = (Noted::default(), EndpointId::from_u128(1));
    noted.note(id, NOW);
    let may_note = |id, seconds| noted.may_note(id, NOW + SignedDuration::from_secs(seconds));
    assert!(!may_note(id, 59) && may_note(id, 60) && may_note(EndpointId::from_u128(2), 0));
}

#[test]
fn who_says_that_it_is_gone_is_disabled_at_once() {
    let disabled = after(&endpoint(), Reply::Status(410), NOW).unwrap();
    assert_eq!((disabled.is_enabled, disabled.disabled_reason), (false, Some(DisabledReason::Gone)));
}

#[test]
fn trying_out_a_disabled_endpoint_changes_nothing() {
    let disabled = Endpoint { is_enabled: false, ..failing() };
    let replies = BAD.into_iter().chain([GOOD, Reply::Status(410)]);
    assert!(replies.into_iter().all(|reply| after(&disabled, reply, NOW).is_none()));
}
