//! The writer when its queue is full, the disk hangs, a command fails, or a command panics.

use std::{
    pin::Pin,
    sync::{Arc, mpsc},
    task::{Context, Poll, Waker},
    time::Duration,
};

use herald_core::{
    seal::Sealed,
    store::{SecretStore as _, StoreError},
};
use herald_testkit::fake_clock::FakeClock;
use tokio::time::timeout;

use super::{LONGEST_WAIT, QUEUE};
use crate::{EmbeddedStore, fault::Fault};

/// In which time Herald answers when it has no store.
const ANSWER: Duration = Duration::from_millis(1_500);

fn store() -> EmbeddedStore {
    EmbeddedStore::in_memory(Arc::new(FakeClock::default())).unwrap()
}

/// Sends a command on its way, and does not wait for it.
fn begin<F: Future + ?Sized>(command: &mut Pin<Box<F>>) {
    let answer = command.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(answer, Poll::Pending));
}

/// A command that keeps the writer busy until the sender is dropped, once it has begun.
async fn busy(store: &EmbeddedStore) -> (impl Future<Output = Result<(), StoreError>>, mpsc::Sender<()>) {
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (gate, wait) = mpsc::channel();
    let mut begun = Some(begun);
    let mut work = Box::pin(store.write(move |_| {
        if let Some(begun) = begun.take() {
            let _ = begun.send(());
            let _ = wait.recv();
        }
        Ok(())
    }));
    begin(&mut work);
    has_begun.await.unwrap();
    (work, gate)
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_what_it_took_is_done() {
    let store = store();
    let (busy, gate) = busy(&store).await;
    let mut waiting = Vec::new();
    for _ in 0..QUEUE {
        let mut write = Box::pin(store.write(|_| Ok(())));
        begin(&mut write);
        waiting.push(write);
    }
    let refused = store.write(|_| Ok(())).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    drop(gate);
    busy.await.unwrap();
    for write in waiting {
        write.await.unwrap();
    }
    store.write(|_| Ok(())).await.unwrap();
}

#[tokio::test]
async fn a_write_that_hangs_is_given_up_on_in_time_and_may_yet_take_effect() {
    let store = store();
    let (_busy, gate) = busy(&store).await;
    assert!(LONGEST_WAIT < ANSWER);
    let late = store.shared_secret("late", Sealed::from_bytes(vec![1]));
    let late = timeout(Duration::from_secs(30), late).await.expect("it ends while the disk still hangs");
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    drop(gate);
    assert_eq!(store.shared_secret("late", Sealed::from_bytes(vec![2])).await.unwrap().as_bytes(), [1]);
}

#[tokio::test]
async fn a_command_that_fails_takes_nothing_along_and_leaves_nothing_behind() {
    let store = store();
    let (busy, gate) = busy(&store).await;
    let secret = |text: &str| Sealed::from_bytes(text.as_bytes().to_vec());
    let mut before = store.shared_secret("before", secret("before"));
    let mut bad = Box::pin(store.write(|tables| {
        tables.secrets.insert("half", b"half".as_slice())?;
        Err::<(), _>(Fault::Unreadable("a test".to_owned()))
    }));
    let mut after = store.shared_secret("after", secret("after"));
    begin(&mut before);
    begin(&mut bad);
    begin(&mut after);
    drop(gate);
    busy.await.unwrap();
    assert_eq!(before.await.unwrap(), secret("before"));
    assert!(matches!(bad.await, Err(StoreError::Corrupt(_))));
    assert_eq!(after.await.unwrap(), secret("after"));
    assert_eq!(store.shared_secret("half", secret("whole")).await.unwrap(), secret("whole"));
}

#[tokio::test]
async fn after_a_panic_writes_fail_and_reads_go_on() {
    let store = store();
    let secret = Sealed::from_bytes(b"secret".to_vec());
    store.shared_secret("pepper", secret.clone()).await.unwrap();
    let panicked = store.write(|_| -> Result<(), Fault> { panic!("a test") }).await;
    assert!(matches!(panicked, Err(StoreError::Unavailable(_))), "{panicked:?}");
    for _ in 0..3 {
        let refused = store.write(|_| Ok(())).await;
        assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    }
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable(_))));
    assert_eq!(store.shared_secret("pepper", secret.clone()).await.unwrap(), secret);
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_stop_the_writer() {
    let store = store();
    let (busy, gate) = busy(&store).await;
    let mut abandoned = Box::pin(store.shared_secret("a", Sealed::from_bytes(vec![1])));
    begin(&mut abandoned);
    drop(abandoned);
    drop(gate);
    busy.await.unwrap();
    assert_eq!(store.shared_secret("a", Sealed::from_bytes(vec![2])).await.unwrap().as_bytes(), [1]);
}
