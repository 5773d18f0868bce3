//! Lists of logins.

use std::{collections::BTreeSet, slice::from_ref};

use herald_core::{
    login::LoginStatus,
    store::{Cursor, LoginFilter, LoginRow, Page, Store},
};

use super::{
    StoreFixture,
    sample::{SECOND, Sample, next},
};

/// All pages of a list, one after the other.
async fn pages(store: &dyn Store, sample: &Sample, filter: LoginFilter, limit: usize) -> Vec<LoginRow> {
    let (mut rows, mut after) = (Vec::new(), None);
    loop {
        let page = store.list_logins(&sample.tenant, filter, Page { after, limit }).await.unwrap();
        assert!(page.len() <= limit);
        let Some(last) = page.last() else { return rows };
        after = Some(Cursor { created_at: last.created_at, id: last.id.as_u128() });
        rows.extend(page);
    }
}

/// Thirty logins, three at each moment, of two references and several statuses; as many of another tenant.
async fn fill(store: &dyn Store, ours: &Sample) -> Vec<LoginRow> {
    let theirs = Sample { tenant: Sample::of("zenith", ours.now).tenant, ..ours.clone() };
    let mut rows = Vec::new();
    for number in 0..30_u32 {
        for sample in [ours, &theirs] {
            let row = LoginRow {
                created_at: ours.now + SECOND * (number / 3),
                status: LoginStatus::ALL[number as usize % 4],
                reference: Some(ours.hash("reference", u128::from(number % 2))),
                // Ids that do not sort by time, with all bits in use.
                ..sample.login((u128::from(number) * 7_919 % 31) << 120)
            };
            assert!(store.insert_login(&row, &[]).await.unwrap());
            if sample.tenant == ours.tenant {
                rows.push(row);
            }
        }
    }
    rows.sort_by_key(|row| std::cmp::Reverse((row.created_at, row.id)));
    rows
}

/// Pages one after the other give every row once, newest first, whatever their size; also while newer ones come.
pub async fn pages_cover_the_list(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let rows = fill(store.as_ref(), &sample).await;
    for limit in [1, 2, 7, 30, 100] {
        let listed = pages(store.as_ref(), &sample, LoginFilter::default(), limit).await;
        assert_eq!(ids(&listed), ids(&rows), "pages of {limit}");
        assert_eq!(listed.iter().map(|row| row.id).collect::<BTreeSet<_>>().len(), rows.len());
    }

    let first = store.list_logins(&sample.tenant, LoginFilter::default(), Page { after: None, limit: 10 });
    let first = first.await.unwrap();
    let newer = LoginRow { created_at: sample.now + SECOND * 99, ..sample.login(5) };
    assert!(store.insert_login(&newer, &[]).await.unwrap());
    let after = Some(Cursor { created_at: first[9].created_at, id: first[9].id.as_u128() });
    let second = store.list_logins(&sample.tenant, LoginFilter::default(), Page { after, limit: 10 });
    assert_eq!(ids(&second.await.unwrap()), ids(&rows[10..20]));
}

fn ids(rows: &[LoginRow]) -> Vec<herald_core::id::LoginId> {
    rows.iter().map(|row| row.id).collect()
}

/// One, the other, both; in pages.
pub async fn a_list_is_filtered_by_reference_and_status(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let rows = fill(store.as_ref(), &sample).await;
    let references = [None, Some(sample.hash("reference", 0)), Some(sample.hash("reference", 9))];
    let statuses = [None, Some(LoginStatus::Pending), Some(LoginStatus::Opened), Some(LoginStatus::Failed)];
    for reference in references {
        for status in statuses {
            let filter = LoginFilter { reference, status };
            let expected: Vec<LoginRow> = rows
                .iter()
                .filter(|row| reference.is_none() || row.reference == reference)
                .filter(|row| status.is_none_or(|status| row.status == status))
                .cloned()
                .collect();
            let listed = pages(store.as_ref(), &sample, filter, 4).await;
            assert_eq!(listed, expected, "{filter:?}");
        }
    }
}

/// A login that went on is listed once, where and as it is now.
pub async fn a_list_shows_the_present_status(fixture: impl StoreFixture) {
    let (store, sample) = (fixture.store(), Sample::of("acme", fixture.now()));
    let first = sample.login(1);
    assert!(store.insert_login(&first, &[]).await.unwrap());
    let opened = LoginRow { status: LoginStatus::Opened, ..next(&first, "opened") };
    assert!(store.replace_login(&opened, &[]).await.unwrap());
    let of = |status| LoginFilter { reference: None, status };
    assert_eq!(pages(store.as_ref(), &sample, of(None), 5).await, from_ref(&opened));
    assert_eq!(pages(store.as_ref(), &sample, of(Some(LoginStatus::Opened)), 5).await, [opened]);
    assert_eq!(pages(store.as_ref(), &sample, of(Some(LoginStatus::Pending)), 5).await, []);
}
