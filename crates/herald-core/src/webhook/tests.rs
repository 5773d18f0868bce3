//! Secrets and signatures, checked by the reference implementation of Standard Webhooks.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::SignedDuration;
use standardwebhooks::Webhook;

use super::*;
use crate::clock::SystemEntropy;

const ID: &str = "evt_01jh4q1v2sfcz8s5w5w5w5w5w5";
const BODY: &[u8] =
    br#"{"type":"login.claimed","timestamp":"2026-01-02T03:04:05Z","data":{"tenant":"acme"}}"#;

fn secret() -> EndpointSecret {
    EndpointSecret::generate(&SystemEntropy)
}

/// Does a receiver that knows this secret take what these sign?
fn is_taken(receiver: &EndpointSecret, signing: &[&EndpointSecret], body: &[u8]) -> bool {
    #[expect(
        clippy::disallowed_methods,
        reason = "the reference has no other clock, and takes no old signature"
    )]
    let now = Timestamp::now();
    let signature = sign(signing.iter().copied(), ID, now, BODY);
    let mut headers = standard_headers(ID, now, &signature);
    let receiver = Webhook::new(receiver.expose()).unwrap();
    let is_taken = receiver.verify(body, &headers).is_ok();
    headers.insert("webhook-id", "evt_other".parse().unwrap());
    assert!(receiver.verify(body, &headers).is_err(), "the id is signed");
    is_taken
}

fn standard_headers(id: &str, at: Timestamp, signature: &str) -> http::HeaderMap {
    let pairs = [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", at.as_second().to_string()),
        ("webhook-signature", signature.to_owned()),
    ];
    pairs.into_iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
}

#[test]
fn the_reference_takes_what_we_sign_and_nothing_else() {
    let (ours, other) = (secret(), secret());
    assert!(is_taken(&ours, &[&ours], BODY));
    assert!(!is_taken(&other, &[&ours], BODY));
    let mut changed = BODY.to_vec();
    changed[20] ^= 1;
    assert!(!is_taken(&ours, &[&ours], &changed));
    assert!(!is_taken(&ours, &[], BODY));
}

#[test]
fn of_two_secrets_a_receiver_has_to_know_either() {
    let (present, former) = (secret(), secret());
    for receiver in [&present, &former] {
        assert!(is_taken(receiver, &[&present, &former], BODY));
    }
    assert!(!is_taken(&secret(), &[&present, &former], BODY));
}

#[test]
fn a_signature_is_the_references_own() {
    let (secret, now) = (secret(), Timestamp::constant(1_767_323_045, 678));
    let theirs = Webhook::new(secret.expose()).unwrap().sign(ID, now.as_second(), BODY).unwrap();
    assert_eq!(sign([&secret].into_iter(), ID, now, BODY), theirs);
}

#[test]
fn a_secret_has_256_bits_and_is_never_the_same() {
    let (one, two) = (secret(), secret());
    let bits =
        |secret: &EndpointSecret| STANDARD.decode(secret.expose().strip_prefix("whsec_").unwrap()).unwrap();
    assert_eq!(bits(&one).len(), 32);
    assert_ne!(one, two);
}

#[test]
fn a_rotated_secret_signs_for_a_day_beside_the_new_one() {
    let now = Timestamp::constant(1_767_323_045, 0);
    let (first, second, third) = (secret(), secret(), secret());
    let signing = |secrets: &SigningSecrets, after| {
        let at = now + SignedDuration::from_secs(after);
        secrets.signing(at).cloned().collect::<Vec<_>>()
    };
    let secrets = SigningSecrets::new(first.clone());
    assert_eq!(signing(&secrets, 0), std::slice::from_ref(&first));
    let secrets = secrets.rotate(second.clone(), now);
    assert_eq!(secrets.present(), &second);
    assert_eq!(signing(&secrets, 0), [second.clone(), first.clone()]);
    assert_eq!(signing(&secrets, 86_399), [second.clone(), first]);
    assert_eq!(signing(&secrets, 86_400), std::slice::from_ref(&second));
    // Whoever rotates twice does not trust the first one any more.
    let secrets = secrets.rotate(third.clone(), now);
    assert_eq!(signing(&secrets, 0), [third, second]);
}

#[test]
fn secrets_survive_their_stored_form_and_do_not_show() {
    let now = Timestamp::constant(1_767_323_045, 0);
    let secrets = SigningSecrets::new(secret()).rotate(secret(), now);
    let stored = serde_json::to_string(&secrets).unwrap();
    assert_eq!(serde_json::from_str::<SigningSecrets>(&stored).unwrap(), secrets);
    let shown = format!("{secrets:?}");
    assert!(secrets.signing(now).all(|secret| !shown.contains(&secret.expose()[6..])), "{shown}");
}

#[test]
fn an_endpoint_wants_what_one_of_its_filters_takes() {
    let filter = |text| EventFilter::parse(text).unwrap();
    let endpoint = Endpoint {
        id: EndpointId::from_u128(1),
        tenant: TenantId::parse("acme").unwrap(),
        url: "https://shop.example/hooks".parse().unwrap(),
        events: vec![filter("login.claimed"), filter("session.*")],
        description: None,
        is_enabled: true,
        disabled_reason: None,
        secrets: SigningSecrets::new(secret()),
        created_at: Timestamp::UNIX_EPOCH,
        failing_since: None,
        failed_again_at: None,
        replay: None,
    };
    let wanted: Vec<_> =
        EventType::ALL.iter().filter(|kind| endpoint.wants(**kind)).map(|kind| kind.as_str()).collect();
    assert_eq!(wanted, ["login.claimed", "session.ended", "session.reuse_detected"]);
    let stored = serde_json::to_string(&endpoint).unwrap();
    assert_eq!(serde_json::from_str::<Endpoint>(&stored).unwrap(), endpoint);
}

#[test]
fn an_endpoint_does_not_show_what_its_address_may_hold() {
    let endpoint = Endpoint {
        id: EndpointId::from_u128(1),
        tenant: TenantId::parse("acme").unwrap(),
        url: "https://shop.example/hooks/sesame?key=opensesame".parse().unwrap(),
        events: vec![],
        description: None,
        is_enabled: true,
        disabled_reason: None,
        secrets: SigningSecrets::new(secret()),
        created_at: Timestamp::UNIX_EPOCH,
        failing_since: None,
        failed_again_at: None,
        replay: None,
    };
    let news = crate::event::EndpointNews::of(&endpoint);
    for shown in [format!("{endpoint:?}"), format!("{news:?}")] {
        assert!(shown.contains("https://shop.example") && !shown.contains("sesame"), "{shown}");
    }
    assert_eq!(news.origin, "https://shop.example");
}
