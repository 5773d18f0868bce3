//! Cases about `address`.

use herald_core::{clock::SystemEntropy, id::SubjectId, notification::Address};
use jiff::Timestamp;

use super::fixture::NotifierFixture;

/// `None` for an address of a type that this provider cannot deliver to, with or without an identity.
pub async fn address_takes_its_own_kind(fixture: &dyn NotifierFixture) {
    let notifier = fixture.open();
    assert!(notifier.address(&fixture.address(), None).is_some());
    for foreign in fixture.foreign_addresses() {
        assert!(notifier.address(&foreign, None).is_none(), "{foreign:?}");
        assert!(notifier.address(&foreign, Some(&fixture.identity())).is_none(), "{foreign:?}");
    }
}

/// A subject is reached only through an identity, and there is the same as by the direct address.
pub async fn address_of_a_subject_needs_an_identity(fixture: &dyn NotifierFixture) {
    let notifier = fixture.open();
    let subject = Address::Subject { subject: SubjectId::generate(Timestamp::UNIX_EPOCH, &SystemEntropy) };
    assert!(notifier.address(&subject, None).is_none());
    let by_identity = notifier.address(&subject, Some(&fixture.identity()));
    assert!(by_identity.is_some() && by_identity == notifier.address(&fixture.address(), None));
    if let Some(unreachable) = fixture.unreachable_identity() {
        assert!(notifier.address(&subject, Some(&unreachable)).is_none());
    }
}
