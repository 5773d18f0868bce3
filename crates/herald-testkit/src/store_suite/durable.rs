//! What outlives the process, and what does not.

use std::slice::from_ref;

use herald_core::{
    seal::Sealed,
    store::{Accepted, ClaimWritten, LoginFilter, Page, Replaced, SessionFilter, Store},
};

use super::{
    DurableFixture,
    begin::begin,
    outbox::next_due,
    outbox_list::of_endpoint,
    sample::{LEASE, LIFE, SECOND, Sample, claimed, ended, sent},
};

/// Logins, finders, identities, sessions, deliveries, notifications, keys, notices, endpoints and secrets.
pub async fn what_was_written_is_there_after_a_crash(mut fixture: impl DurableFixture) {
    let sample = Sample::of("acme", fixture.now());
    let (login, row, identity) = (sample.login(1), claimed(&sample.login(1)), sample.identity(1, 1));
    let (notification, key) = (sample.notification(1), sample.key(1, 1));
    let secret = Sealed::from_bytes(b"secret".to_vec());
    let (active, over) = (sample.session(1, 1), ended(&sample.session(2, 1)));
    let (delivery, own_secret) = (sample.due_delivery(1, sample.now), sample.secret("signing-keys"));
    {
        let store = fixture.store();
        assert!(store.insert_login(&login, &[sample.finder(1)]).await.unwrap());
        assert_eq!(store.claim_login(&row, &identity, &active, &[]).await.unwrap(), ClaimWritten::Done);
        begin(store.as_ref(), &sample, &sample.session(2, 1)).await;
        assert!(store.replace_session(&over, from_ref(&delivery)).await.unwrap());
        assert!(store.replace_secret(&own_secret).await.unwrap());
        assert_eq!(store.accept_notification(&notification, &key, &[]).await.unwrap(), Accepted::New);
        assert_eq!(store.shared_secret("pepper", secret.clone()).await.unwrap(), secret);
        write_notices(store.as_ref(), &sample).await;
        assert!(store.insert_endpoint(&sample.endpoint(1), 1).await.unwrap());
    }
    fixture.restart().await;

    let store = fixture.store();
    assert_eq!(store.login(&sample.tenant, row.id).await.unwrap(), Some(row.clone()));
    assert_eq!(store.find_login(sample.finder(1)).await.unwrap(), Some(row.clone()));
    let page = Page { after: None, limit: 5 };
    let logins = store.list_logins(&sample.tenant, LoginFilter::default(), page).await.unwrap();
    assert!(logins.len() == 2 && logins.contains(&row), "{logins:?}");
    assert_eq!(store.subject_of(&sample.tenant, identity.key).await.unwrap(), Some(identity.subject));
    let identities = store.identities_of(&sample.tenant, identity.subject).await.unwrap();
    assert!(identities.contains(&identity), "{identities:?}");
    assert_eq!(store.session(&sample.tenant, active.id).await.unwrap(), Some(active.clone()));
    let of_subject = SessionFilter { subject: Some(active.subject), ..SessionFilter::default() };
    let sessions = store.list_sessions(&sample.tenant, &of_subject, page).await.unwrap().rows;
    assert_eq!(sessions, [over, active]);
    assert_eq!(store.lease_deliveries(&sample.tenant, "a", LEASE, 10).await.unwrap(), [delivery]);
    assert_eq!(store.secret(&sample.tenant, "signing-keys").await.unwrap(), Some(own_secret));
    let replay = store.accept_notification(&sample.notification(2), &key, &[]).await.unwrap();
    assert_eq!(replay, Accepted::Replay(Box::new(notification)));
    assert_notices(store.as_ref(), &sample).await;
    assert_eq!(store.endpoints(&sample.tenant).await.unwrap(), [sample.endpoint(1)]);
    let other = Sealed::from_bytes(b"other".to_vec());
    assert_eq!(store.shared_secret("pepper", other).await.unwrap(), secret);
}

/// A sent notification, a notice, and a delivery that came early.
async fn write_notices(store: &dyn Store, sample: &Sample) {
    let (row, tenant, until) = (sample.notification(3), &sample.tenant, sample.now + LIFE);
    let accepted = store.accept_notification(&row, &sample.key(3, 1), &[sample.delivery(3)]).await.unwrap();
    assert_eq!(accepted, Accepted::New);
    let row = sent(&row, sample.hash("message", 3));
    assert_eq!(store.replace_notification(&row, &[sample.delivery(4)]).await.unwrap(), Replaced::Done);
    store.remember_notice(tenant, sample.hash("notice", 3), until).await.unwrap();
    let early = sample.hash("message", 4);
    assert_eq!(store.note_delivered(tenant, early, sample.now, until).await.unwrap(), None);
}

/// They are there.
async fn assert_notices(store: &dyn Store, sample: &Sample) {
    let (tenant, until) = (&sample.tenant, sample.now + LIFE);
    let row = sent(&sample.notification(3), sample.hash("message", 3));
    assert_eq!(store.notification(tenant, row.id).await.unwrap(), Some(row.clone()));
    let found = store.note_delivered(tenant, sample.hash("message", 3), sample.now, until).await.unwrap();
    assert_eq!(found, Some(row.id));
    assert!(store.is_noticed(tenant, sample.hash("notice", 3)).await.unwrap());
    let late = sent(&row, sample.hash("message", 4));
    let replaced = store.replace_notification(&late, &[]).await.unwrap();
    assert_eq!(replaced, Replaced::DeliveredAt(sample.now));
    let page = Page { after: None, limit: 9 };
    let told = store.list_deliveries(tenant, of_endpoint(1), page).await.unwrap();
    assert_eq!(told, [sample.delivery(4), sample.delivery(3), sample.due_delivery(1, sample.now)]);
}

/// Nothing that somebody has to attend to is forgotten.
pub async fn what_is_due_is_due_after_a_restart(mut fixture: impl DurableFixture) {
    let sample = Sample::of("acme", fixture.now());
    let (login, notification) =
        (sample.due_login(1, sample.now + SECOND), sample.due_notification(1, sample.now + 2 * SECOND));
    let delivery = sample.due_delivery(1, sample.now + SECOND);
    {
        let store = fixture.store();
        assert!(store.insert_login(&login, &[]).await.unwrap());
        let accepted = store.accept_notification(&notification, &sample.key(1, 1), &[]).await.unwrap();
        assert_eq!(accepted, Accepted::New);
        begin(store.as_ref(), &sample, &sample.session(1, 1)).await;
        assert!(store.replace_session(&ended(&sample.session(1, 1)), from_ref(&delivery)).await.unwrap());
    }
    fixture.restart().await;
    let store = fixture.store();
    assert_eq!(store.next_login_due().await.unwrap(), login.attend_at);
    let backlog = store.notification_backlog().await.unwrap();
    let backlog: Vec<_> = backlog.iter().map(|of| (of.waiting, Some(of.next_at))).collect();
    assert_eq!(backlog, [(1, notification.due_at)]);
    assert_eq!(next_due(store.as_ref()).await, delivery.due_at);
    fixture.fast_forward(2 * SECOND).await;
    assert_eq!(store.lease_logins("a", LEASE, 10).await.unwrap(), [login]);
    assert_eq!(store.lease_notifications(&sample.tenant, "a", LEASE, 10).await.unwrap(), [notification]);
    assert_eq!(store.lease_deliveries(&sample.tenant, "a", LEASE, 10).await.unwrap(), [delivery]);
}

/// Where only one process can have the store, nobody waits for the leases of the one that died.
pub async fn leases_do_not_survive_their_process(mut fixture: impl DurableFixture) {
    let sample = Sample::of("acme", fixture.now());
    let (login, notification) = (sample.due_login(1, sample.now), sample.due_notification(1, sample.now));
    let delivery = sample.due_delivery(1, sample.now);
    {
        let store = fixture.store();
        assert!(store.insert_login(&login, &[]).await.unwrap());
        store.accept_notification(&notification, &sample.key(1, 1), &[]).await.unwrap();
        assert_eq!(store.lease_logins("dead", LEASE, 10).await.unwrap(), from_ref(&login));
        assert_eq!(
            store.lease_notifications(&sample.tenant, "dead", LEASE, 10).await.unwrap(),
            from_ref(&notification)
        );
        begin(store.as_ref(), &sample, &sample.session(1, 1)).await;
        assert!(store.replace_session(&ended(&sample.session(1, 1)), from_ref(&delivery)).await.unwrap());
        assert_eq!(
            store.lease_deliveries(&sample.tenant, "dead", LEASE, 10).await.unwrap(),
            from_ref(&delivery)
        );
        assert_eq!(store.lease_logins("other", LEASE, 10).await.unwrap(), []);
        assert_eq!(store.lease_deliveries(&sample.tenant, "other", LEASE, 10).await.unwrap(), []);
    }
    fixture.restart().await;
    let store = fixture.store();
    assert_eq!(store.lease_logins("heir", LEASE, 10).await.unwrap(), [login]);
    assert_eq!(store.lease_notifications(&sample.tenant, "heir", LEASE, 10).await.unwrap(), [notification]);
    assert_eq!(store.lease_deliveries(&sample.tenant, "heir", LEASE, 10).await.unwrap(), [delivery]);
}
