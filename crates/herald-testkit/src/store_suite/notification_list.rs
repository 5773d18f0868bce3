//! Lists of notifications.

use std::{cmp::Reverse, collections::BTreeSet, slice::from_ref, time::Duration};

use herald_core::{
    id::NotificationId,
    notification::NotificationStatus,
    store::{Accepted, Cursor, NotificationFilter, NotificationPage, NotificationRow, Page, Replaced, Store},
};
use jiff::Timestamp;

use super::{
    StoreFixture,
    sample::{SECOND, Sample, sent},
};

/// All pages of a list, one after the other.
async fn pages(
    store: &dyn Store,
    sample: &Sample,
    filter: &NotificationFilter,
    limit: usize,
) -> Vec<NotificationRow> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = Page { after, limit };
        let NotificationPage { rows: page, next } =
            store.list_notifications(&sample.tenant, filter, page).await.unwrap();
        assert!(page.len() <= limit);
        rows.extend(page);
        if next.is_none() {
            return rows;
        }
        after = next;
    }
}

/// Forty notifications, several in each millisecond, with and without each member; as many of another tenant.
async fn fill(store: &dyn Store, ours: &Sample) -> Vec<NotificationRow> {
    let theirs = Sample { tenant: Sample::of("zenith", ours.now).tenant, ..ours.clone() };
    let mut rows = Vec::new();
    for number in 0..40_u32 {
        for sample in [ours, &theirs] {
            // Half a millisecond apart, which their ids do not show.
            let created_at = ours.now + Duration::from_micros(500) * (number / 2);
            let row = NotificationRow {
                status: NotificationStatus::ALL[number as usize % 8],
                reference: (number % 3 > 0).then(|| ours.hash("reference", u128::from(number % 3))),
                subject: (number % 4 > 1).then(|| Sample::subject(u128::from(number % 4))),
                connection: (number % 5 > 0)
                    .then(|| Sample::connection(["main", "main-2"][number as usize % 2])),
                ..sample
                    .notification_of(created_at, (u128::from(number) * 7_919 % 31) << 60 | u128::from(number))
            };
            let key = sample.key(number.into(), 1);
            assert_eq!(store.accept_notification(&row, &key, &[]).await.unwrap(), Accepted::New);
            if sample.tenant == ours.tenant {
                rows.push(row);
            }
        }
    }
    rows.sort_by_key(|row| Reverse(row.id));
    rows
}

fn ids(rows: &[NotificationRow]) -> Vec<NotificationId> {
    rows.iter().map(|row| row.id).collect()
}

/// Pages one after the other give every row once, newest first, whatever their size; also while newer ones come.
pub async fn notification_pages_cover_the_list(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let all = NotificationFilter::default();
    assert_eq!(pages(store.as_ref(), &sample, &all, 5).await, []);
    let rows = fill(store.as_ref(), &sample).await;
    for limit in [1, 3, 7, 40, 100] {
        let listed = pages(store.as_ref(), &sample, &all, limit).await;
        assert_eq!(ids(&listed), ids(&rows), "pages of {limit}");
    }
    let list = |after, limit| store.list_notifications(&sample.tenant, &all, Page { after, limit });
    assert_eq!(list(None, 0).await.unwrap().rows, []);
    // A full page with nothing after it is the last.
    assert_eq!(list(None, 40).await.unwrap().next, None);

    let first = list(None, 10).await.unwrap();
    assert_eq!(ids(&first.rows), ids(&rows[..10]));
    let newer = sample.notification_of(sample.now + SECOND, 1);
    let accepted = store.accept_notification(&newer, &sample.key(99, 1), &[]).await.unwrap();
    assert_eq!(accepted, Accepted::New);
    assert_eq!(ids(&list(first.next, 10).await.unwrap().rows), ids(&rows[10..20]));
    let after = Some(Cursor { created_at: rows[39].created_at, id: rows[39].id.as_u128() });
    assert_eq!(list(after, 10).await.unwrap().rows, []);
}

/// What the filter asks for, by a plain look at the row.
fn is_wanted(row: &NotificationRow, filter: &NotificationFilter) -> bool {
    let NotificationFilter { reference, subject, statuses, connection, created_from, created_before } =
        filter;
    (reference.is_none() || row.reference == *reference)
        && (subject.is_none() || row.subject == *subject)
        && (statuses.is_empty() || statuses.contains(&row.status))
        && (connection.is_none() || row.connection == *connection)
        && created_from.is_none_or(|from| row.created_at >= from)
        && created_before.is_none_or(|before| row.created_at < before)
}

/// The times between which to list: all, whole milliseconds and the middle of one, and none.
fn times(now: Timestamp) -> [(Option<Timestamp>, Option<Timestamp>); 6] {
    let at = |micros| Some(now + Duration::from_micros(micros));
    [
        (None, None),
        (at(3_000), None),
        (None, at(3_000)),
        (at(2_500), at(6_500)),
        (at(5_000), at(5_000)),
        (at(9_000), at(1_000)),
    ]
}

/// By each member, and by all of them together; in pages.
pub async fn notifications_are_filtered_by_every_member(fixture: impl StoreFixture) {
    use NotificationStatus::{Expired, Failed, Queued, Sent, Unknown};
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let rows = fill(store.as_ref(), &sample).await;
    let mut lengths = BTreeSet::new();
    for reference in [None, Some(sample.hash("reference", 1)), Some(sample.hash("reference", 9))] {
        for subject in [None, Some(Sample::subject(2)), Some(Sample::subject(9))] {
            for statuses in [
                vec![],
                vec![Queued, Sent],
                vec![Failed, Unknown, Expired, Failed],
                vec![Failed, Sent],
                vec![Expired],
            ] {
                for connection in [None, Some(Sample::connection("main"))] {
                    for (created_from, created_before) in times(sample.now) {
                        let (statuses, connection) = (statuses.clone(), connection.clone());
                        let filter = NotificationFilter {
                            reference,
                            subject,
                            statuses,
                            connection,
                            created_from,
                            created_before,
                        };
                        let expected: Vec<NotificationRow> =
                            rows.iter().filter(|row| is_wanted(row, &filter)).cloned().collect();
                        lengths.insert(expected.len());
                        assert_eq!(pages(store.as_ref(), &sample, &filter, 3).await, expected, "{filter:?}");
                    }
                }
            }
        }
    }
    assert!(lengths.len() > 8, "the filters do not differ: {lengths:?}");
}

/// A notification that went on is listed once, as it is now, under its present status and connection only.
pub async fn a_list_shows_the_present_notification(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let row = NotificationRow {
        reference: Some(sample.hash("reference", 1)),
        subject: Some(Sample::subject(1)),
        ..sample.notification_of(sample.now, 1)
    };
    let accepted = store.accept_notification(&row, &sample.key(1, 1), &[]).await.unwrap();
    assert_eq!(accepted, Accepted::New);
    let failed = NotificationRow { version: 2, status: NotificationStatus::Failed, ..row.clone() };
    let message = sample.hash("message", 1);
    let sent = NotificationRow { connection: Some(Sample::connection("main")), ..sent(&failed, message) };
    let all = NotificationFilter::default();
    let mut before = &row;
    for now in [&failed, &sent] {
        assert_eq!(store.replace_notification(now, &[]).await.unwrap(), Replaced::Done);
        let shows = [
            all.clone(),
            NotificationFilter { reference: row.reference, ..all.clone() },
            NotificationFilter { subject: row.subject, ..all.clone() },
            NotificationFilter { statuses: vec![now.status], ..all.clone() },
            NotificationFilter { connection: now.connection.clone(), ..all.clone() },
        ];
        for filter in shows {
            assert_eq!(pages(store.as_ref(), &sample, &filter, 5).await, from_ref(now), "{filter:?}");
        }
        let old = NotificationFilter { statuses: vec![before.status], ..all.clone() };
        assert_eq!(pages(store.as_ref(), &sample, &old, 5).await, []);
        before = now;
    }
}
