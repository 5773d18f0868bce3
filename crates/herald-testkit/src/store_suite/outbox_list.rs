//! Lists of deliveries.

use std::{cmp::Reverse, slice::from_ref};

use herald_core::{
    id::DeliveryId,
    store::{Cursor, OutboxFilter, OutboxRow, Page, Store},
};

use super::{
    StoreFixture,
    sample::{SECOND, Sample},
};

/// All deliveries to the endpoint of this number.
pub(super) fn of_endpoint(number: u128) -> OutboxFilter {
    OutboxFilter { endpoint: Sample::endpoint_id(number), created_from: None }
}

/// All pages of a list, one after the other.
async fn pages(store: &dyn Store, sample: &Sample, filter: OutboxFilter, limit: usize) -> Vec<OutboxRow> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = store.list_deliveries(&sample.tenant, filter, Page { after, limit }).await.unwrap();
        assert!(page.len() <= limit);
        let Some(last) = page.last() else { return rows };
        after = Some(Cursor { created_at: last.created_at, id: last.id.as_u128() });
        rows.extend(page);
    }
}

/// Thirty deliveries, three at each moment, to two endpoints and to none; as many of another tenant.
async fn fill(store: &dyn Store, ours: &Sample) -> Vec<OutboxRow> {
    let theirs = Sample { tenant: Sample::of("zenith", ours.now).tenant, ..ours.clone() };
    let mut rows = Vec::new();
    for number in 0..30_u32 {
        for sample in [ours, &theirs] {
            let row = OutboxRow {
                endpoint: [Some(1), Some(2), None][number as usize % 3 / 2 + number as usize % 2]
                    .map(Sample::endpoint_id),
                created_at: ours.now + SECOND * (number / 3),
                // Ids that do not sort by time, with all bits in use.
                ..sample.delivery((u128::from(number) * 7_919 % 31) << 120)
            };
            store.append_outbox(from_ref(&row)).await.unwrap();
            if sample.tenant == ours.tenant {
                rows.push(row);
            }
        }
    }
    rows.sort_by_key(|row| Reverse((row.created_at, row.id)));
    rows
}

fn ids<'a>(rows: impl IntoIterator<Item = &'a OutboxRow>) -> Vec<DeliveryId> {
    rows.into_iter().map(|row| row.id).collect()
}

/// Pages one after the other give every matching row once, newest first, whatever their size; also while newer ones come.
pub async fn delivery_pages_cover_the_list(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let rows = fill(store.as_ref(), &sample).await;
    let rows: Vec<_> = rows.iter().filter(|row| row.endpoint == Some(Sample::endpoint_id(1))).collect();
    assert!(rows.len() >= 8, "{}", rows.len());
    for limit in [1, 2, 7, 30] {
        let listed = pages(store.as_ref(), &sample, of_endpoint(1), limit).await;
        assert_eq!(ids(&listed), ids(rows.iter().copied()), "pages of {limit}");
    }
    let page = |after, limit| store.list_deliveries(&sample.tenant, of_endpoint(1), Page { after, limit });
    assert_eq!(page(None, 0).await.unwrap(), []);

    let first = page(None, 4).await.unwrap();
    let newer = OutboxRow { created_at: sample.now + SECOND * 99, ..sample.delivery(5) };
    store.append_outbox(&[newer]).await.unwrap();
    let after = Cursor { created_at: first[3].created_at, id: first[3].id.as_u128() };
    assert_eq!(ids(&page(Some(after), 4).await.unwrap()), ids(rows[4..8].iter().copied()));
}

/// One of the endpoints, from a time on, the time itself with it.
pub async fn deliveries_are_filtered_by_endpoint_and_time(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let rows = fill(store.as_ref(), &sample).await;
    for endpoint in [1, 2, 9].map(Sample::endpoint_id) {
        for created_from in [None, Some(sample.now + SECOND * 4), Some(sample.now + SECOND * 99)] {
            let filter = OutboxFilter { endpoint, created_from };
            let expected: Vec<OutboxRow> = rows
                .iter()
                .filter(|row| row.endpoint == Some(endpoint))
                .filter(|row| created_from.is_none_or(|from| row.created_at >= from))
                .cloned()
                .collect();
            assert_eq!(pages(store.as_ref(), &sample, filter, 3).await, expected, "{filter:?}");
        }
    }
}

/// A delivery that went on is listed once, as it is now.
pub async fn a_list_shows_the_present_delivery(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let first = sample.due_delivery(1, sample.now);
    store.append_outbox(from_ref(&first)).await.unwrap();
    let made = OutboxRow { version: 2, due_at: None, body: sample.body("made"), ..first };
    assert!(store.replace_delivery(&made).await.unwrap());
    assert_eq!(pages(store.as_ref(), &sample, of_endpoint(1), 5).await, [made]);
}
