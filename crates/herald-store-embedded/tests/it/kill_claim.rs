//! Killed in the middle of claims: each left nothing behind, or all of login, identity and session.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use herald_core::{
    clock::Clock as _,
    login::LoginStatus,
    store::{
        ClaimWritten, LoginFilter, LoginStore as _, Page, SessionFilter, SessionStore as _, SubjectStore as _,
    },
};
use herald_store_embedded::EmbeddedStore;
use herald_testkit::{
    fake_clock::FakeClock,
    store_suite::sample::{Sample, claimed},
};
use tokio::task::JoinSet;

use crate::child::{self, Running};

const TEST: &str = "kill_claim::a_killed_claim_leaves_nothing_or_all";
const ROUNDS: u32 = 20;
const WRITERS: u32 = 16;
/// Numbers that one child has for its logins.
const PER_ROUND: u32 = 1_000_000;
const ALL: Page = Page { after: None, limit: usize::MAX };

fn open(path: &Path) -> (EmbeddedStore, Sample) {
    let clock = Arc::new(FakeClock::default());
    let sample = Sample::of("acme", clock.now());
    (EmbeddedStore::open(path, clock).unwrap(), sample)
}

#[test]
fn a_killed_claim_leaves_nothing_or_all() {
    match child::role() {
        Some((path, round)) => claim_until_killed(&path, round.parse().unwrap()),
        None => kill_and_look(),
    }
}

fn kill_and_look() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("herald.redb");
    let mut acknowledged: BTreeSet<u32> = BTreeSet::new();
    for round in 0..ROUNDS {
        let mut child = Running::start(TEST, &path, &round.to_string());
        for _ in 0..=round * 7 {
            let number = child.told().expect("the child claims until it is killed");
            acknowledged.insert(number.parse().unwrap());
        }
        acknowledged.extend(child.kill().iter().map(|number| number.parse::<u32>().unwrap()));
        look(&path, &acknowledged);
    }
}

/// Every login is as it began, or claimed with its identity and its session; the acknowledged ones are claimed.
#[tokio::main(flavor = "current_thread")]
async fn look(path: &Path, acknowledged: &BTreeSet<u32>) {
    let (store, sample) = open(path);
    let logins = store.list_logins(&sample.tenant, LoginFilter::default(), ALL).await.unwrap();
    let mut claims = 0;
    for login in logins {
        let number = login.id.as_u128();
        let (identity, session) = (sample.identity(number, number), sample.session(number, number));
        let subject = store.subject_of(&sample.tenant, identity.key).await.unwrap();
        let given = store.session(&sample.tenant, session.id).await.unwrap();
        if login.status == LoginStatus::Claimed {
            claims += 1;
            assert_eq!(login, claimed(&sample.login(number)));
            assert_eq!((subject, given), (Some(identity.subject), Some(session)), "login {number}");
            let identities = store.identities_of(&sample.tenant, identity.subject).await.unwrap();
            assert_eq!(identities, [identity], "login {number}");
        } else {
            assert_eq!(login, sample.login(number));
            assert_eq!((subject, given), (None, None), "login {number}");
            assert!(!acknowledged.contains(&u32::try_from(number).unwrap()), "login {number}");
        }
    }
    assert!(claims >= acknowledged.len(), "{claims} claims are there of {}", acknowledged.len());
    // No session is there by another way, and no index leads nowhere.
    let sessions = store.list_sessions(&sample.tenant, &SessionFilter::default(), ALL).await.unwrap().rows;
    assert_eq!(sessions.len(), claims);
}

/// Acknowledges a number when its login is claimed.
#[tokio::main]
async fn claim_until_killed(path: &Path, round: u32) {
    let (store, sample) = open(path);
    let store = Arc::new(store);
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let (store, sample) = (Arc::clone(&store), sample.clone());
        writers.spawn(async move {
            for number in (round * PER_ROUND + writer..(round + 1) * PER_ROUND).step_by(WRITERS as usize) {
                let id = u128::from(number);
                let (login, identity) = (sample.login(id), sample.identity(id, id));
                assert!(store.insert_login(&login, &[sample.finder(id)]).await.unwrap());
                let written =
                    store.claim_login(&claimed(&login), &identity, &sample.session(id, id), &[]).await;
                assert_eq!(written.unwrap(), ClaimWritten::Done);
                child::tell(&number.to_string());
            }
        });
    }
    writers.join_all().await;
}
