//! Cases about sends that work.

use std::time::Duration;

use herald_core::{
    error::ProviderError,
    notification::{Address, Message},
    notifier::{Notifier, Receipt, SendKey},
    text::MessageText,
};

use super::fixture::NotifierFixture;

/// A message with these words.
pub(crate) fn message(text: &str) -> Message {
    Message::Text { text: MessageText::parse(text).expect("a good text") }
}

/// One send to an address that the notifier takes.
pub(crate) async fn send(
    notifier: &dyn Notifier,
    to: &Address,
    text: &str,
    key: &str,
) -> Result<Receipt, ProviderError> {
    let recipient = notifier.address(to, None).expect("an address of the provider's own kind");
    notifier.send(&recipient, &message(text), &SendKey(key.to_owned())).await
}

/// There is a longest text, a send ends, and at least one is let begin.
pub async fn limits_are_sane(fixture: &dyn NotifierFixture) {
    let notifier = fixture.open();
    assert!((1..=MessageText::LONGEST).contains(&notifier.limits().longest_text));
    assert!(notifier.send_timeout() > Duration::ZERO && notifier.send_timeout() <= Duration::from_secs(60));
    assert!(notifier.concurrency() >= 1);
}

/// One send is one call and one effect; two sends under two keys are two, with the same words too.
pub async fn send_makes_one_effect(fixture: &dyn NotifierFixture) {
    let notifier = fixture.open();
    for number in 1..=2 {
        send(&*notifier, &fixture.address(), "Your parcel is here", &format!("key-{number}"))
            .await
            .expect("a send works");
        assert_eq!((fixture.effects().await, fixture.send_calls().await), (number, number));
    }
}

/// Every message has an id, where the provider says one, and no two have the same.
pub async fn a_receipt_names_the_message(fixture: &dyn NotifierFixture) {
    let notifier = fixture.open();
    let first = send(&*notifier, &fixture.address(), "one", "key-1").await.expect("a send works");
    let second = send(&*notifier, &fixture.address(), "two", "key-2").await.expect("a send works");
    assert!(first.message_id.is_some() && first.message_id != second.message_id, "{first:?} {second:?}");
}

/// Where the provider honours keys: the same send again, from another replica too, is the same message.
pub async fn a_repeat_under_the_same_key_is_recognised(fixture: &dyn NotifierFixture) {
    let notifier = fixture.open();
    if !notifier.honours_key() {
        return;
    }
    let first = send(&*notifier, &fixture.address(), "once", "key-1").await.expect("a send works");
    for instance in [notifier, fixture.open()] {
        let again = send(&*instance, &fixture.address(), "once", "key-1").await.expect("a repeat works");
        assert_eq!(again.message_id, first.message_id);
    }
    assert_eq!(fixture.effects().await, 1);
}
