//! Cases about `identify`.

use herald_core::provider::{Answer, Memo, Rejection, Verified};
use serde_json::{Value, json};

use super::{fixture::ProviderFixture, walk};

/// The same answer gives the same identity, at this instance and at another.
pub async fn identify_may_be_repeated(fixture: &dyn ProviderFixture) {
    let provider = fixture.open();
    let answer = walk::redeemed(fixture, &*provider).await;
    let first = walk::identified(&*provider, &answer).await;
    for instance in [provider, fixture.open()] {
        assert!(walk::identified(&*instance, &answer).await == first, "another identity for the same answer");
    }
}

/// The profile names the person who confirmed.
pub async fn identify_names_the_person(fixture: &dyn ProviderFixture) {
    let provider = fixture.open();
    let answer = walk::redeemed(fixture, &*provider).await;
    assert_eq!(walk::identified(&*provider, &answer).await.user_key, fixture.user_key());
}

/// What does not hold is `Rejected(IdentityRejected)`.
pub async fn identify_trusts_nothing_unverified(fixture: &dyn ProviderFixture) {
    let provider = fixture.open();
    let answer = walk::redeemed(fixture, &*provider).await;
    let spoiled = fixture.spoil(&answer).await;
    assert!(!spoiled.is_empty(), "the fixture damages the answer in some way");
    for (damage, answer) in spoiled {
        let verified = provider.identify(&answer).await.expect("damage is a value");
        assert!(
            matches!(verified, Verified::Rejected(Rejection::IdentityRejected { .. })),
            "{damage}: {verified:?}"
        );
    }
}

/// Members that nobody knows yet change nothing, neither in the memo nor in the answer.
pub async fn unknown_members_are_tolerated(fixture: &dyn ProviderFixture) {
    let provider = fixture.open();
    let (started, browser) = walk::confirmed(fixture, &*provider).await;
    let memo = Memo::new(with_unknown_members(started.memo.expose()));
    let memo = walk::expect_ready(walk::end(&*provider, &memo, browser.as_ref()).await);
    let memo = Memo::new(with_unknown_members(memo.expose()));
    let answer = provider.redeem(&memo).await.expect("a newer memo can be redeemed");
    let plain = walk::identified(&*provider, &answer).await;
    let more = Answer::new(with_unknown_members(answer.expose()));
    assert!(walk::identified(&*provider, &more).await == plain, "unknown members changed the identity");
    assert_eq!(plain.user_key, fixture.user_key());
}

fn with_unknown_members(text: &str) -> String {
    let mut value: Value = serde_json::from_str(text).expect("memo and answer are JSON");
    add_unknown_members(&mut value);
    value.to_string()
}

fn add_unknown_members(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(add_unknown_members),
        Value::Object(members) => {
            members.values_mut().for_each(add_unknown_members);
            members.insert("x_unknown".to_owned(), json!({ "to": ["everyone", 1, null] }));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
