//! An idempotent caller: whatever it did not see answered it asks again under the same key. Its own ledger says what was
//! accepted.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::task::JoinSet;

use crate::{
    calls::{Calls, Kind},
    mode::Mode,
    turns::Turns,
    world::{KEY, World},
};

/// How many calls are under way at once.
const AT_ONCE: usize = 32;
/// How soon a call that failed is made again.
const AGAIN: Duration = Duration::from_millis(100);
/// Longer than Herald needs for anything.
const PATIENCE: Duration = Duration::from_secs(10);

/// The caller at work.
pub(crate) struct Load {
    books: Arc<Books>,
    tasks: JoinSet<()>,
}

struct Books {
    mode: Mode,
    urls: Vec<String>,
    turn: AtomicUsize,
    http: reqwest::Client,
    turns: Turns,
    ids: Mutex<Vec<Option<String>>>,
    unavailable: AtomicUsize,
    calls: Calls,
}

impl Load {
    /// A caller that has `count` notifications to be accepted, none of which is begun before [`Load::allow`].
    pub(crate) fn start(world: &World, count: usize) -> Self {
        Self::start_noting(world, count, Calls::default())
    }

    /// The same, with its calls in this book.
    pub(crate) fn start_noting(world: &World, count: usize, calls: Calls) -> Self {
        let books = Arc::new(Books {
            mode: world.mode,
            urls: world.urls().into_iter().map(|url| format!("{url}/v1/notifications")).collect(),
            turn: AtomicUsize::new(0),
            http: world.http.clone(),
            turns: Turns::new(count),
            ids: Mutex::new(vec![None; count]),
            unavailable: AtomicUsize::new(0),
            calls,
        });
        let mut tasks = JoinSet::new();
        for _ in 0..AT_ONCE {
            tasks.spawn(Arc::clone(&books).work());
        }
        Self { books, tasks }
    }

    /// Lets so many more begin.
    pub(crate) fn allow(&self, more: usize) {
        self.books.turns.allow(more);
    }

    /// Waits until so many are accepted; false when that takes longer than `patience`.
    pub(crate) async fn has_accepted(&self, count: usize, patience: Duration) -> bool {
        self.books.turns.are_done(count, patience).await
    }

    /// How many were accepted so far.
    pub(crate) fn accepted(&self) -> usize {
        self.books.turns.done()
    }

    /// How many answers were 503 so far.
    pub(crate) fn unavailable(&self) -> usize {
        self.books.unavailable.load(Ordering::Relaxed)
    }

    /// What was accepted, by number; and what no caller should see.
    pub(crate) fn end(mut self) -> (Vec<Option<String>>, Vec<String>) {
        self.tasks.abort_all();
        let ids = self.books.ids.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (ids, self.books.turns.faults())
    }
}

impl Books {
    async fn work(self: Arc<Self>) {
        while let Some(number) = self.turns.next().await {
            while !self.is_done(number).await {
                tokio::time::sleep(AGAIN).await;
            }
        }
    }

    /// One call; false when it has to be made again.
    async fn is_done(&self, number: usize) -> bool {
        let body = self.mode.notification(number);
        let key = format!("key-{number}");
        // As a load balancer would: each call to the next replica, a repeated one too.
        let url = &self.urls[self.turn.fetch_add(1, Ordering::Relaxed) % self.urls.len()];
        let request = self.http.post(url).bearer_auth(KEY).header("idempotency-key", key).json(&body);
        let answer = self.calls.make(Kind::Accept, request.timeout(PATIENCE)).await;
        let Some((status, answer)) = answer else { return false };
        match status {
            200 | 202 => self.accept(number, answer["id"].as_str().unwrap_or_default()),
            503 => {
                self.unavailable.fetch_add(1, Ordering::Relaxed);
                return false;
            }
            _ => self.turns.fault(format!("message {number} was answered with {status}: {answer}")),
        }
        true
    }

    fn accept(&self, number: usize, id: &str) {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)[number] = Some(id.to_owned());
        self.turns.is_done();
    }
}
