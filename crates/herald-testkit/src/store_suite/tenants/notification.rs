//! Notifications and providers' notices.

use herald_core::store::{
    Accepted, Cursor, NotificationFilter, NotificationPage, NotificationRow, Page, Replaced,
};

use crate::store_suite::{
    StoreFixture,
    sample::{LEASE, LIFE, Sample, sent},
};

/// Every way to a notification of one tenant, tried with another's name; and what another was told does not count.
pub async fn tenants_do_not_meet_in_notifications(fixture: impl StoreFixture) {
    let store = fixture.store();
    let (ours, theirs) = (Sample::of("acme", fixture.now()), Sample::of("acme-2", fixture.now()));
    let row = NotificationRow {
        reference: Some(ours.hash("reference", 1)),
        subject: Some(Sample::subject(1)),
        ..ours.due_notification(1, ours.now)
    };
    let accepted = store.accept_notification(&row, &ours.key(1, 1), &[]).await.unwrap();
    assert_eq!(accepted, Accepted::New);
    let (message, notice) = (ours.hash("message", 1), ours.hash("notice", 1));
    let now_sent = NotificationRow { due_at: row.due_at, ..sent(&row, message) };
    store.remember_notice(&ours.tenant, notice, ours.now + LIFE).await.unwrap();

    for stranger in [&theirs.tenant, &Sample::of("a", ours.now).tenant] {
        // Delivered is the message of the stranger's notification, whatever is called the same.
        let noted = store.note_delivered(stranger, message, ours.now, ours.now + LIFE).await.unwrap();
        assert_eq!(noted, None);
        assert!(!store.is_noticed(stranger, notice).await.unwrap());
        let foreign = NotificationRow { tenant: stranger.clone(), ..now_sent.clone() };
        assert_eq!(store.replace_notification(&foreign, &[]).await.unwrap(), Replaced::Stale);
        assert_eq!(store.lease_notifications(stranger, "a", LEASE, 9).await.unwrap(), []);
        let after = Some(Cursor { created_at: ours.now + LEASE, id: u128::MAX });
        for after in [None, after] {
            let all = NotificationFilter::default();
            let by_reference = NotificationFilter { reference: row.reference, ..all.clone() };
            let by_subject = NotificationFilter { subject: row.subject, ..all.clone() };
            for filter in [all, by_reference, by_subject] {
                let page = Page { after, limit: 9 };
                let NotificationPage { rows, next } =
                    store.list_notifications(stranger, &filter, page).await.unwrap();
                assert_eq!((rows, next), (vec![], None));
            }
        }
    }
    assert_eq!(store.replace_notification(&now_sent, &[]).await.unwrap(), Replaced::Done);
    let leased = store.lease_notifications(&ours.tenant, "a", LEASE, 9).await.unwrap();
    assert_eq!(leased, [now_sent]);
    store.release_notification("a", &theirs.tenant, row.id, None).await.unwrap();
    assert_eq!(store.lease_notifications(&ours.tenant, "b", LEASE, 9).await.unwrap(), []);
    let noted = store.note_delivered(&theirs.tenant, message, ours.now, ours.now + LIFE).await.unwrap();
    assert_eq!(noted, None);
    let found = store.note_delivered(&ours.tenant, message, ours.now, ours.now + LIFE).await.unwrap();
    assert_eq!(found, Some(row.id));
}
