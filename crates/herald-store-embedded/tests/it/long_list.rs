//! A list of very many notifications: no call looks at all of them.

use std::{collections::BTreeSet, sync::Arc};

use herald_core::{
    clock::Clock as _,
    notification::NotificationStatus,
    store::{Accepted, NotificationFilter, NotificationRow, NotificationStore as _, Page},
};
use herald_store_embedded::EmbeddedStore;
use herald_testkit::{fake_clock::FakeClock, store_suite::sample::Sample};
use tokio::task::JoinSet;

/// As many as a call looks at, and some more.
const ROWS: u128 = 10_300;
/// At the old end of the list.
const SENT: u128 = 5;

#[tokio::test(flavor = "multi_thread")]
async fn a_call_looks_at_so_many_rows_and_the_next_one_goes_on_there() {
    let clock = Arc::new(FakeClock::default());
    let sample = Sample::of("acme", clock.now());
    let store = Arc::new(EmbeddedStore::in_memory(clock).unwrap());
    let mut writers = JoinSet::new();
    for writer in 0..100 {
        let (store, sample) = (Arc::clone(&store), sample.clone());
        writers.spawn(async move {
            for number in (writer..ROWS).step_by(100) {
                let status =
                    if number < SENT { NotificationStatus::Sent } else { NotificationStatus::Queued };
                let row = NotificationRow { status, ..sample.notification(number) };
                let accepted = store.accept_notification(&row, &sample.key(number, 1), &[]).await;
                assert_eq!(accepted.unwrap(), Accepted::New);
            }
        });
    }
    writers.join_all().await;

    let filter =
        NotificationFilter { statuses: vec![NotificationStatus::Sent], ..NotificationFilter::default() };
    let list = |after| store.list_notifications(&sample.tenant, &filter, Page { after, limit: 3 });
    let first = list(None).await.unwrap();
    assert_eq!(first.rows, []);
    assert_eq!(first.next.map(|next| next.id), Some(ROWS - 10_000));
    let second = list(first.next).await.unwrap();
    let third = list(second.next).await.unwrap();
    assert_eq!((second.rows.len(), third.rows.len(), third.next), (3, 2, None));
    let ids: BTreeSet<u128> = second.rows.iter().chain(&third.rows).map(|row| row.id.as_u128()).collect();
    assert_eq!(ids, (0..SENT).collect());
}
