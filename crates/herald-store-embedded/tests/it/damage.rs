//! A file that is cut off or altered is refused and left as it is; it is never begun anew.

use std::{fs, path::Path, slice::from_ref, sync::Arc};

use herald_core::{
    clock::Clock as _,
    store::{
        EndpointStore as _, LoginStore as _, NoticeStore as _, NotificationStore as _, OutboxStore as _,
        SecretStore as _, SessionStore as _,
    },
};
use herald_store_embedded::{EmbeddedStore, OpenError};
use herald_testkit::{
    fake_clock::FakeClock,
    store_suite::{
        begin::begin,
        sample::{LEASE, Sample, ended},
    },
};
use jiff::Timestamp;

const ROWS: u128 = 400;
/// Sessions, deliveries, secrets, endpoints and notices, beside the others.
const SESSIONS: u128 = 30;
const NEVER: Timestamp = Timestamp::MAX;

fn sample() -> Sample {
    Sample::of("acme", FakeClock::default().now())
}

fn open(path: &Path) -> Result<EmbeddedStore, OpenError> {
    EmbeddedStore::open(path, Arc::new(FakeClock::default()))
}

async fn fill(path: &Path) -> Vec<u8> {
    let (store, sample) = (open(path).unwrap(), sample());
    for number in 0..ROWS {
        assert!(store.insert_login(&sample.login(number), &[sample.finder(number)]).await.unwrap());
        let row = sample.due_notification(number, sample.now);
        store.accept_notification(&row, &sample.key(number, 1), &[]).await.unwrap();
    }
    for number in 0..SESSIONS {
        let (session, delivery) = (sample.session(number, number), sample.due_delivery(number, sample.now));
        begin(&store, &sample, &session).await;
        assert!(store.replace_session(&ended(&session), from_ref(&delivery)).await.unwrap());
        assert!(store.replace_secret(&sample.secret(&name(number))).await.unwrap());
        assert!(store.insert_endpoint(&sample.endpoint(number), usize::MAX).await.unwrap());
        store.remember_notice(&sample.tenant, sample.hash("notice", number), NEVER).await.unwrap();
    }
    drop(store);
    fs::read(path).unwrap()
}

fn name(number: u128) -> String {
    format!("secret-{number}")
}

async fn is_whole(store: &EmbeddedStore) -> bool {
    let sample = sample();
    for number in 0..ROWS {
        let login = store.find_login(sample.finder(number)).await.unwrap();
        let notification = store.notification(&sample.tenant, sample.notification(number).id).await.unwrap();
        if login != Some(sample.login(number))
            || notification != Some(sample.due_notification(number, sample.now))
        {
            return false;
        }
    }
    let deliveries = store.lease_deliveries(&sample.tenant, "a", LEASE, usize::MAX).await.unwrap();
    for number in 0..SESSIONS {
        let last = ended(&sample.session(number, number));
        let secret = store.secret(&sample.tenant, &name(number)).await.unwrap();
        if store.session(&sample.tenant, last.id).await.unwrap() != Some(last)
            || secret != Some(sample.secret(&name(number)))
            || !deliveries.contains(&sample.due_delivery(number, sample.now))
            || !store.is_noticed(&sample.tenant, sample.hash("notice", number)).await.unwrap()
        {
            return false;
        }
    }
    let endpoints = store.endpoints(&sample.tenant).await.unwrap();
    let all = (0..SESSIONS).rev().map(|number| sample.endpoint(number));
    deliveries.len() as u128 == SESSIONS && endpoints.into_iter().eq(all)
}

#[tokio::test]
async fn a_file_that_is_cut_off_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("herald.redb");
    let whole = fill(&path).await;
    for length in [0, 1, 64, 320, 4_096, whole.len() / 2, whole.len() - 4_096, whole.len() - 1] {
        fs::write(&path, &whole[..length]).unwrap();
        let error = open(&path).expect_err("a cut off file is refused");
        assert!(matches!(error, OpenError::Damaged { .. }), "{length} bytes: {error:?}");
        let text = error.to_string();
        assert!(text.contains("herald.redb") && text.contains("restore it from a backup"), "{text}");
        assert_eq!(fs::read(&path).unwrap(), &whole[..length], "{length} bytes");
    }
    fs::write(&path, &whole).unwrap();
    assert!(is_whole(&open(&path).unwrap()).await);
}

#[tokio::test]
async fn a_flipped_byte_is_refused_or_does_no_harm() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("herald.redb");
    let whole = fill(&path).await;
    // The head of the file, and a byte somewhere in each page, a different one each time.
    let pages = (1..whole.len() / 4_096).map(|page| page * 4_096 + page * 1_009 % 4_096);
    let mut refused = 0;
    for at in (0..192).chain(pages) {
        let mut altered = whole.clone();
        altered[at] ^= 1 << (at % 8);
        fs::write(&path, &altered).unwrap();
        match open(&path) {
            Err(OpenError::Damaged { .. }) => refused += 1,
            Err(other) => panic!("byte {at}: {other:?}"),
            // It was in a page that is not in use.
            Ok(store) => assert!(is_whole(&store).await, "byte {at}"),
        }
    }
    assert!(refused > 20, "only {refused} of the flipped bytes were noticed");
}

#[tokio::test]
async fn what_is_no_store_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notes.txt");
    let text = "not a store ".repeat(1_000);
    fs::write(&path, &text).unwrap();
    assert!(matches!(open(&path), Err(OpenError::Damaged { .. })));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}
