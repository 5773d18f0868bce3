//! Lists of sessions.

use std::{cmp::Reverse, collections::BTreeSet, slice::from_ref};

use herald_core::{
    id::SessionId,
    session::SessionStatus,
    store::{Page, SessionFilter, SessionRow, Store},
};

use super::{
    StoreFixture,
    begin::begin,
    sample::{SECOND, Sample, ended},
};

/// All pages of a list, one after the other.
async fn pages(store: &dyn Store, sample: &Sample, filter: &SessionFilter, limit: usize) -> Vec<SessionRow> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = store.list_sessions(&sample.tenant, filter, Page { after, limit }).await.unwrap();
        assert!(page.rows.len() <= limit);
        rows.extend(page.rows);
        if page.next.is_none() {
            return rows;
        }
        after = page.next;
    }
}

/// Thirty sessions, three at each moment, of two subjects and two connections, some ended, some over; as many of another
/// tenant.
async fn fill(store: &dyn Store, ours: &Sample) -> Vec<SessionRow> {
    let theirs = Sample { tenant: Sample::of("zenith", ours.now).tenant, ..ours.clone() };
    let mut rows = Vec::new();
    for number in 0..30_u32 {
        for sample in [ours, &theirs] {
            let row = SessionRow {
                status: if number % 5 == 0 { SessionStatus::Ended } else { SessionStatus::Active },
                connection: Sample::connection(["main", "main-2"][number as usize % 2]),
                created_at: ours.now + SECOND * (number / 3),
                expires_at: ours.now + SECOND * (100 + number),
                // Ids that do not sort by time, with all bits in use.
                ..sample.session((u128::from(number) * 7_919 % 31) << 120, u128::from(number % 3 / 2))
            };
            begin(store, sample, &row).await;
            if sample.tenant == ours.tenant {
                rows.push(row);
            }
        }
    }
    rows.sort_by_key(|row| Reverse((row.created_at, row.id)));
    rows
}

fn ids(rows: &[SessionRow]) -> Vec<SessionId> {
    rows.iter().map(|row| row.id).collect()
}

/// Pages one after the other give every row once, newest first, whatever their size; also while newer ones come.
pub async fn session_pages_cover_the_list(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let rows = fill(store.as_ref(), &sample).await;
    let all = SessionFilter::default();
    for limit in [1, 2, 7, 30, 100] {
        let listed = pages(store.as_ref(), &sample, &all, limit).await;
        assert_eq!(ids(&listed), ids(&rows), "pages of {limit}");
        assert_eq!(listed.iter().map(|row| row.id).collect::<BTreeSet<_>>().len(), rows.len());
    }
    let list = |after, limit| store.list_sessions(&sample.tenant, &all, Page { after, limit });
    assert_eq!(list(None, 0).await.unwrap().rows, []);
    let whole = list(None, 30).await.unwrap();
    assert_eq!((whole.rows.len(), whole.next), (30, None), "nothing follows the last one");

    let first = list(None, 10).await.unwrap();
    let newer = SessionRow { created_at: sample.now + SECOND * 99, ..sample.session(5, 1) };
    begin(store.as_ref(), &sample, &newer).await;
    let second = list(first.next, 10).await.unwrap();
    assert_eq!(ids(&second.rows), ids(&rows[10..20]));
}

/// By each of them, and by all of them together; in pages. A session is not active any more at the moment it expires.
pub async fn sessions_are_filtered_by_subject_connection_and_activity(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let rows = fill(store.as_ref(), &sample).await;
    let mut lengths = BTreeSet::new();
    for subject in [None, Some(Sample::subject(0)), Some(Sample::subject(1)), Some(Sample::subject(9))] {
        for connection in [None, Some("main"), Some("main-2"), Some("mai")] {
            for active_at in [None, Some(sample.now), Some(rows[14].expires_at)] {
                let connection = connection.map(Sample::connection);
                let filter = SessionFilter { subject, connection, active_at };
                let expected: Vec<SessionRow> = rows
                    .iter()
                    .filter(|row| subject.is_none_or(|subject| subject == row.subject))
                    .filter(|row| filter.connection.as_ref().is_none_or(|it| *it == row.connection))
                    .filter(|row| active_at.is_none_or(|at| row.is_active(at)))
                    .cloned()
                    .collect();
                lengths.insert(expected.len());
                assert_eq!(pages(store.as_ref(), &sample, &filter, 4).await, expected, "{filter:?}");
            }
        }
    }
    assert!(lengths.len() > 8, "the filters do not differ: {lengths:?}");
}

/// A session that went on is listed once, as it is now.
pub async fn a_list_shows_the_present_session(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let first = sample.session(1, 1);
    begin(store.as_ref(), &sample, &first).await;
    let last = ended(&first);
    assert!(store.replace_session(&last, &[]).await.unwrap());
    let active = SessionFilter { active_at: Some(sample.now), ..SessionFilter::default() };
    let of_subject = SessionFilter { subject: Some(first.subject), ..SessionFilter::default() };
    assert_eq!(pages(store.as_ref(), &sample, &SessionFilter::default(), 5).await, from_ref(&last));
    assert_eq!(pages(store.as_ref(), &sample, &of_subject, 5).await, [last]);
    assert_eq!(pages(store.as_ref(), &sample, &active, 5).await, []);
}
