//! What outlives the process, and what does not.

use std::slice::from_ref;

use herald_core::{
    seal::Sealed,
    store::{Accepted, ClaimWritten, LoginFilter, Page, SessionFilter},
};

use super::{
    DurableFixture,
    begin::begin,
    sample::{LEASE, SECOND, Sample, claimed, ended},
};

/// Logins, finders, identities, sessions, events, notifications, keys and secrets.
pub async fn what_was_written_is_there_after_a_crash(mut fixture: impl DurableFixture) {
    let sample = Sample::of("acme", fixture.now());
    let (login, row, identity) = (sample.login(1), claimed(&sample.login(1)), sample.identity(1, 1));
    let (notification, key) = (sample.notification(1), sample.key(1, 1));
    let secret = Sealed::from_bytes(b"secret".to_vec());
    let (active, over) = (sample.session(1, 1), ended(&sample.session(2, 1)));
    let (event, own_secret) = (sample.due_event(1, sample.now), sample.secret("signing-keys"));
    {
        let store = fixture.store();
        assert!(store.insert_login(&login, &[sample.finder(1)]).await.unwrap());
        assert_eq!(store.claim_login(&row, &identity, &active).await.unwrap(), ClaimWritten::Done);
        begin(store.as_ref(), &sample, &sample.session(2, 1)).await;
        assert!(store.replace_session(&over, from_ref(&event)).await.unwrap());
        assert!(store.replace_secret(&own_secret).await.unwrap());
        assert_eq!(store.accept_notification(&notification, &key).await.unwrap(), Accepted::New);
        assert_eq!(store.shared_secret("pepper", secret.clone()).await.unwrap(), secret);
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
    let sessions = store.list_sessions(&sample.tenant, &of_subject, page).await.unwrap();
    assert_eq!(sessions, [over, active]);
    assert_eq!(store.lease_events("a", LEASE, 10).await.unwrap(), [event]);
    assert_eq!(store.secret(&sample.tenant, "signing-keys").await.unwrap(), Some(own_secret));
    let replay = store.accept_notification(&sample.notification(2), &key).await.unwrap();
    assert_eq!(replay, Accepted::Replay(Box::new(notification)));
    let other = Sealed::from_bytes(b"other".to_vec());
    assert_eq!(store.shared_secret("pepper", other).await.unwrap(), secret);
}

/// Nothing that somebody has to attend to is forgotten.
pub async fn what_is_due_is_due_after_a_restart(mut fixture: impl DurableFixture) {
    let sample = Sample::of("acme", fixture.now());
    let (login, notification) =
        (sample.due_login(1, sample.now + SECOND), sample.due_notification(1, sample.now + 2 * SECOND));
    let event = sample.due_event(1, sample.now + SECOND);
    {
        let store = fixture.store();
        assert!(store.insert_login(&login, &[]).await.unwrap());
        let accepted = store.accept_notification(&notification, &sample.key(1, 1)).await.unwrap();
        assert_eq!(accepted, Accepted::New);
        begin(store.as_ref(), &sample, &sample.session(1, 1)).await;
        assert!(store.replace_session(&ended(&sample.session(1, 1)), from_ref(&event)).await.unwrap());
    }
    fixture.restart().await;
    let store = fixture.store();
    assert_eq!(store.next_login_due().await.unwrap(), login.attend_at);
    assert_eq!(store.next_notification_due().await.unwrap(), notification.due_at);
    assert_eq!(store.next_event_due().await.unwrap(), event.due_at);
    fixture.fast_forward(2 * SECOND).await;
    assert_eq!(store.lease_logins("a", LEASE, 10).await.unwrap(), [login]);
    assert_eq!(store.lease_notifications("a", LEASE, 10).await.unwrap(), [notification]);
    assert_eq!(store.lease_events("a", LEASE, 10).await.unwrap(), [event]);
}

/// Where only one process can have the store, nobody waits for the leases of the one that died.
pub async fn leases_do_not_survive_their_process(mut fixture: impl DurableFixture) {
    let sample = Sample::of("acme", fixture.now());
    let (login, notification) = (sample.due_login(1, sample.now), sample.due_notification(1, sample.now));
    let event = sample.due_event(1, sample.now);
    {
        let store = fixture.store();
        assert!(store.insert_login(&login, &[]).await.unwrap());
        store.accept_notification(&notification, &sample.key(1, 1)).await.unwrap();
        assert_eq!(store.lease_logins("dead", LEASE, 10).await.unwrap(), from_ref(&login));
        assert_eq!(store.lease_notifications("dead", LEASE, 10).await.unwrap(), from_ref(&notification));
        begin(store.as_ref(), &sample, &sample.session(1, 1)).await;
        assert!(store.replace_session(&ended(&sample.session(1, 1)), from_ref(&event)).await.unwrap());
        assert_eq!(store.lease_events("dead", LEASE, 10).await.unwrap(), from_ref(&event));
        assert_eq!(store.lease_logins("other", LEASE, 10).await.unwrap(), []);
        assert_eq!(store.lease_events("other", LEASE, 10).await.unwrap(), []);
    }
    fixture.restart().await;
    let store = fixture.store();
    assert_eq!(store.lease_logins("heir", LEASE, 10).await.unwrap(), [login]);
    assert_eq!(store.lease_notifications("heir", LEASE, 10).await.unwrap(), [notification]);
    assert_eq!(store.lease_events("heir", LEASE, 10).await.unwrap(), [event]);
}
