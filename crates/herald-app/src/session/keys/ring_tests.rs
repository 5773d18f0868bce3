//! What a rotation does to a ring, and how a ring is written.

use super::*;

const BEGIN: Timestamp = Timestamp::constant(1_767_323_045, 0);

fn at(seconds: i64) -> Timestamp {
    BEGIN + SignedDuration::from_secs(seconds)
}

fn rules(algorithm: Algorithm) -> SessionRules {
    SessionRules { algorithm, key_rotation_seconds: 86_400, ..SessionRules::default() }
}

fn kids(ring: &KeyRing, now: Timestamp) -> Vec<(String, KeyState)> {
    ring.infos(now).into_iter().map(|info| (info.kid, info.state)).collect()
}

#[test]
fn the_next_key_signs_after_a_rotation_and_the_current_one_verifies_until_its_tokens_are_over() {
    let first = KeyRing::generate(Algorithm::Es256, at(0));
    let [(current, KeyState::Current), (next, KeyState::Next)] = &kids(&first, at(0))[..] else {
        panic!("{first:?}")
    };
    let second = first.rotated(Algorithm::Es256, at(100));
    assert_eq!(second.current().kid(), next);
    let listed = kids(&second, at(100));
    assert_eq!(listed.len(), 3);
    assert_eq!(listed[2], (current.clone(), KeyState::Retired));
    assert_eq!(second.infos(at(100))[2].verifies_until, Some(at(1060)));
    assert!(second.key(current, at(1059)).is_some());
    assert!(second.key(current, at(1060)).is_none());
    assert_eq!((second.public(at(1059)).len(), second.public(at(1060)).len()), (3, 2));
    // It leaves the ring with the next change.
    assert_eq!(second.rotated(Algorithm::Es256, at(1060)).retired.len(), 1);
    assert_eq!(second.rotated(Algorithm::Es256, at(1059)).retired.len(), 2);
}

#[test]
fn a_ring_is_due_when_its_key_has_signed_for_its_time() {
    let ring = KeyRing::generate(Algorithm::Es256, at(0));
    let rules = rules(Algorithm::Es256);
    assert!(!ring.is_due(&rules, at(86_399)) && ring.is_due(&rules, at(86_400)));
    let rotated = ring.rotated(Algorithm::Es256, at(50_000));
    assert!(!rotated.is_due(&rules, at(86_400)) && rotated.is_due(&rules, at(136_400)));
}

#[test]
fn another_algorithm_makes_a_ring_due_and_keys_of_its_own_at_once() {
    let ring = KeyRing::generate(Algorithm::Es256, at(0));
    assert!(ring.is_due(&rules(Algorithm::EdDsa), at(0)));
    let rotated = ring.rotated(Algorithm::EdDsa, at(0));
    let algorithms: Vec<_> = rotated.infos(at(0)).iter().map(|info| info.algorithm).collect();
    assert_eq!(algorithms, [Algorithm::EdDsa, Algorithm::EdDsa, Algorithm::Es256]);
    assert!(!rotated.is_due(&rules(Algorithm::EdDsa), at(0)));
}

#[test]
fn replicas_that_disagree_about_the_algorithm_do_not_fill_the_ring() {
    let mut ring = KeyRing::generate(Algorithm::Es256, at(0));
    let mut changes = 0;
    for second in 0..OVERLAP.as_secs() {
        let wanted = if second % 2 == 0 { Algorithm::EdDsa } else { Algorithm::Es256 };
        if ring.is_due(&rules(wanted), at(second)) {
            ring = ring.rotated(wanted, at(second));
            changes += 1;
        }
    }
    assert_eq!(changes, MOST_RETIRED);
    // Once they agree, the ring follows.
    let wanted =
        if ring.current().algorithm() == Algorithm::Es256 { Algorithm::EdDsa } else { Algorithm::Es256 };
    assert!(ring.is_due(&rules(wanted), at(2 * OVERLAP.as_secs())));
}

#[test]
fn a_ring_is_what_was_written() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let ring = KeyRing::generate(algorithm, at(0)).rotated(algorithm, at(10));
        let text = serde_json::to_string(&ring).unwrap();
        let read: KeyRing = serde_json::from_str(&text).unwrap();
        assert_eq!(read.infos(at(10)), ring.infos(at(10)));
        assert_eq!(read.activated_at, at(10));
        let token = read.current().sign("at+jwt", &serde_json::json!({}));
        let (message, signature) = token.rsplit_once('.').unwrap();
        let signature =
            base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, signature).unwrap();
        assert!(ring.current().verifying_key().is_signature(message.as_bytes(), &signature));
        let damaged = text.replacen("pkcs8\":\"M", "pkcs8\":\"N", 1);
        assert!(serde_json::from_str::<KeyRing>(&damaged).is_err());
    }
}

#[test]
fn debug_shows_no_key() {
    let ring = KeyRing::generate(Algorithm::Es256, at(0));
    let private = serde_json::to_value(&ring).unwrap()["current"]["pkcs8"].as_str().unwrap().to_owned();
    let shown = format!("{ring:?}");
    assert!(shown.contains(ring.current().kid()) && !shown.contains(&private));
}
