//! Cases about what is read under a good signature.

use std::collections::HashSet;

use herald_core::webhook_source::{NoticeKind, Refused};

use super::fixture::{Reader, WebhookFixture};

/// A kind that nobody has heard of is taken in under its word, as far as that is fit to be shown.
pub fn an_unknown_kind_is_other(fixture: &dyn WebhookFixture) {
    let reader = Reader::new(fixture);
    let long = "k".repeat(100);
    for (word, kind) in [
        ("weather.changed", "weather.changed"),
        ("we ather/\u{7f}\u{1f600}\n", "weather"),
        ("\u{1f600}", "unknown"),
        (long.as_str(), &long[..64]),
    ] {
        let notices = reader.signed(&fixture.unknown(word)).expect("it is signed");
        let kinds: Vec<_> = notices.into_iter().map(|notice| notice.what).collect();
        assert_eq!(kinds, [NoticeKind::Other { kind: kind.to_owned() }]);
    }
}

/// The same bytes have the same ids, in another instance too; other notices have others.
pub fn a_repeat_has_the_same_id(fixture: &dyn WebhookFixture) {
    let reader = Reader::new(fixture);
    let mut bodies = fixture.known();
    bodies.extend(["weather.changed", "tide.changed"].map(|kind| fixture.unknown(kind)));
    let (mut ids, mut count) = (HashSet::new(), 0);
    for body in bodies {
        let first = reader.signed(&body).expect("it is signed");
        assert_eq!(Reader::new(fixture).signed(&body).as_ref(), Ok(&first));
        count += first.len();
        ids.extend(first.into_iter().map(|notice| notice.id));
    }
    assert!(ids.len() == count && ids.iter().all(|id| !id.is_empty()));
}

/// What is no object is refused, whatever it does to a reader.
pub fn what_cannot_be_read_is_refused(fixture: &dyn WebhookFixture) {
    let reader = Reader::new(fixture);
    let deep = [vec![b'['; 60_000], vec![b']'; 60_000]].concat();
    let deep_member = [&b"{\"data\":"[..], &deep, b"}"].concat();
    let bad: [&[u8]; 12] = [
        b"",
        b" ",
        b"null",
        b"[]",
        b"7",
        b"\"message.delivered\"",
        b"{",
        b"{}{}",
        b"{\"type\":\"\xff\"}",
        b"{\"a\":1e999999}",
        &deep,
        &deep_member,
    ];
    for body in bad {
        let start = &body[..body.len().min(40)];
        assert_eq!(reader.signed(body), Err(Refused::Unreadable), "{}", start.escape_ascii());
    }
}
