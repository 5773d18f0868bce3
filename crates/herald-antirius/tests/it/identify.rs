//! Who an answer names, and what is not believed.

use herald_core::{
    identity::Profile,
    provider::{Answer, Rejection, Verified},
};
use herald_sandbox::AntiriusSwitches;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::harness::{Bench, NOW, PERSON, PHONE};

#[tokio::test]
async fn the_profile_is_that_of_the_token() {
    let bench = Bench::new().await;
    let profile = bench.person().await;
    assert_eq!(profile.user_key, PERSON);
    let names: [&Option<String>; 4] =
        [&profile.name, &profile.given_name, &profile.family_name, &profile.preferred_username];
    assert_eq!(
        names.map(Option::as_deref),
        [Some("Ivan Petrov"), Some("Ivan"), Some("Petrov"), Some("ivan")]
    );
    assert_eq!(profile.phone_number.as_ref().unwrap().expose(), PHONE);
    assert_eq!(profile.amr, ["oob"]);
    assert_eq!(profile.attributes.messenger.as_deref(), Some("telegram"));
    assert_eq!(profile.attributes.messenger_user_id.as_deref(), Some("123456789"));
    assert_eq!(profile.authenticated_at, NOW);
}

#[tokio::test]
async fn names_may_be_missing() {
    let bench = Bench::new().await;
    let started = bench.begin().await;
    bench.control().confirm_as("latest", Some("507f1f77bcf86cd799439012"), Some("max")).unwrap();
    let answer = bench.login().redeem(&started.memo).await.unwrap();
    let Verified::Identity { profile, .. } = bench.login().identify(&answer).await.unwrap() else {
        panic!("it is good")
    };
    let Profile { name, family_name, preferred_username, attributes, .. } = *profile;
    assert_eq!((name.as_deref(), family_name, preferred_username), (Some("Anna"), None, None));
    assert_eq!(attributes.messenger.as_deref(), Some("max"));
}

#[tokio::test]
async fn the_time_is_that_of_the_confirmation() {
    let bench = Bench::new().await;
    let started = bench.begin().await;
    bench.control().confirm("latest").unwrap();
    bench.seconds_pass(20);
    let answer = bench.login().redeem(&started.memo).await.unwrap();
    let time = |verified: Verified| match verified {
        Verified::Identity { profile, .. } => profile.authenticated_at,
        Verified::Rejected(why) => panic!("{why:?}"),
    };
    assert_eq!(time(bench.login().identify(&answer).await.unwrap()), NOW);
    let issued_at: Timestamp = "2026-01-02T03:04:25Z".parse().unwrap();
    for nonsense in [json!("soon"), json!("2030-01-01T00:00:00Z"), json!(null), json!(7)] {
        bench.switch(|switches| {
            switches.full_patch.insert("confirmed_at".to_owned(), nonsense);
        });
        assert_eq!(bench.person().await.authenticated_at, issued_at);
    }
}

/// Why a login is not believed when Antirius behaves like this.
async fn rejected(bench: &Bench, change: impl FnOnce(&mut AntiriusSwitches)) -> String {
    bench.switch(|switches| {
        *switches = AntiriusSwitches::default();
        change(switches);
    });
    bench.rejection().await
}

async fn rejected_claim(bench: &Bench, name: &str, value: Value) -> String {
    let change = |switches: &mut AntiriusSwitches| {
        switches.claims_patch.insert(name.to_owned(), value);
    };
    rejected(bench, change).await
}

#[tokio::test]
async fn a_token_of_another_app_is_rejected() {
    let bench = Bench::new().await;
    assert_eq!(rejected(&bench, |switches| switches.app_id_mismatch = true).await, "a token for another app");
    let app_id = bench.config.app_id.clone();
    for bad in [json!(7), json!([app_id]), json!(app_id.to_uppercase()), json!(null), json!("")] {
        rejected_claim(&bench, "app_id", bad).await;
    }
    rejected(&bench, |switches| switches.claims_removed.push("app_id".to_owned())).await;
}

#[tokio::test]
async fn an_answer_that_differs_from_its_token_is_rejected() {
    let bench = Bench::new().await;
    assert_eq!(
        rejected(&bench, |switches| switches.user_id_mismatch = true).await,
        "the user beside the token is another one"
    );
    for (name, value) in [
        ("_id", json!(null)),
        ("user_id", json!("1")),
        ("user_id", json!(123_456_789)),
        ("type", json!("max")),
        ("phone", json!("+79990000000")),
        ("phone", json!(null)),
    ] {
        rejected(&bench, |switches| {
            switches.user_patch.insert(name.to_owned(), value);
        })
        .await;
    }
    for (name, value) in
        [("app_id", json!("000000000000000000000000")), ("app_id", json!(1)), ("user", json!("x"))]
    {
        rejected(&bench, |switches| {
            switches.full_patch.insert(name.to_owned(), value);
        })
        .await;
    }
}

#[tokio::test]
async fn who_has_no_phone_number_is_rejected() {
    let bench = Bench::new().await;
    assert_eq!(rejected(&bench, |switches| switches.phone_null = true).await, "no phone number");
    rejected_claim(&bench, "phone", json!("89001234567")).await;
    rejected_claim(&bench, "phone", json!(79_001_234_567_i64)).await;
}

#[tokio::test]
async fn a_key_that_is_none_is_rejected() {
    let bench = Bench::new().await;
    for bad in [json!(""), json!("507F1F77BCF86CD799439011"), json!("../x"), json!(7), json!(null)] {
        rejected_claim(&bench, "_id", bad).await;
    }
    rejected(&bench, |switches| switches.claims_removed.push("_id".to_owned())).await;
    rejected_claim(&bench, "user_id", json!("")).await;
}

#[tokio::test]
async fn issuer_and_times_are_checked() {
    let bench = Bench::new().await;
    let now = NOW.as_second();
    for (name, bad) in [
        ("iss", json!("https://evil.example")),
        ("iss", json!(null)),
        ("exp", json!(now - 31)),
        ("exp", json!("2100000000")),
        ("exp", json!(now + 86_400 + 1)),
        ("iat", json!(now + 31)),
        ("nbf", json!(now + 31)),
    ] {
        rejected_claim(&bench, name, bad).await;
    }
    assert_eq!(rejected_claim(&bench, "iat", json!(now - 31)).await, "the token is older than the login");
    for name in ["iss", "exp", "iat"] {
        rejected(&bench, |switches| switches.claims_removed.push(name.to_owned())).await;
    }
}

#[tokio::test]
async fn a_token_that_is_none_is_rejected_without_asking_for_keys() {
    let bench = Bench::new().await;
    for bad in [
        "x",
        "a.b.c",
        "eyJhbGciOiJub25lIn0.e30.",
        "eyJhbGciOiJIUzI1NiIsImtpZCI6ImsifQ.e30.AAAA",
        "eyJhbGciOiJSUzI1NiJ9.e30.AAAA",
    ] {
        bench.switch(|switches| {
            switches.full_patch.insert("token".to_owned(), bad.into());
        });
        bench.rejection().await;
    }
    assert_eq!(bench.requests(herald_sandbox::Operation::Jwks), 0);
}

#[tokio::test]
async fn an_answer_of_nobody_is_rejected() {
    let bench = Bench::new().await;
    for nonsense in [
        "",
        "{}",
        "[]",
        r#"{"begun_at":"2026-01-02T03:04:05Z","received_at":"2026-01-02T03:04:05Z","body":{}}"#,
    ] {
        let verified = bench.login().identify(&Answer::new(nonsense.to_owned())).await.unwrap();
        assert!(matches!(verified, Verified::Rejected(Rejection::IdentityRejected { .. })), "{nonsense}");
    }
}
