//! People who sign in through Antirius, and a caller that never gives up: whatever it did not see answered it asks another
//! replica. What it was told, and what the provider did, are compared afterwards.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::{sync::Semaphore, task::JoinSet};

use crate::{
    calls::{Calls, Kind},
    sandbox::control,
    turns::Turns,
    world::{KEY, World},
};

/// How many logins are under way at once.
const AT_ONCE: usize = 32;
/// How soon a call that failed is made again.
const AGAIN: Duration = Duration::from_millis(100);
/// Longer than Herald needs for anything; waiting it is told not to do for longer than a part of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// What became of one login, as the caller saw it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Antirius' session.
    pub(crate) upstream: String,
    /// Who said yes.
    pub(crate) person: String,
    /// The status that it ended with, or `gone`; empty when it never did.
    pub(crate) status: String,
    /// Why it failed.
    pub(crate) failure: String,
    /// When the caller knew.
    pub(crate) known_at: Option<Instant>,
    /// Who it was said to be.
    pub(crate) identity: String,
    /// The sessions that claims of it gave.
    pub(crate) sessions: Vec<String>,
}

/// The people at it.
pub(crate) struct People {
    books: Arc<Books>,
    tasks: JoinSet<()>,
}

struct Books {
    urls: Vec<String>,
    sandbox: String,
    http: reqwest::Client,
    persons: Vec<String>,
    turns: Turns,
    /// How many may be between their yes and its outcome.
    deciding: Semaphore,
    /// Whom the next call asks.
    asked: AtomicUsize,
    seen: Mutex<Vec<Seen>>,
    calls: Calls,
}

impl People {
    /// So many people, of whom so many decide at once, with their calls in this book; none begins before [`People::allow`].
    pub(crate) async fn start(world: &World, count: usize, deciding: usize, calls: Calls) -> Self {
        let persons = world.control(Method::GET, "antirius/persons", None).await;
        let id = |person: &Value| person["id"].as_str().unwrap_or_default().to_owned();
        let books = Arc::new(Books {
            urls: world.urls(),
            sandbox: world.sandbox_url.clone(),
            http: world.http.clone(),
            persons: persons["items"].as_array().into_iter().flatten().map(id).collect(),
            turns: Turns::new(count),
            deciding: Semaphore::new(deciding),
            asked: AtomicUsize::new(0),
            seen: Mutex::new(vec![Seen::default(); count]),
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

    /// Waits until so many are done; false when that takes longer than `patience`.
    pub(crate) async fn are_done(&self, count: usize, patience: Duration) -> bool {
        self.books.turns.are_done(count, patience).await
    }

    /// What was seen, and what no caller should see.
    pub(crate) fn end(mut self) -> (Vec<Seen>, Vec<String>) {
        self.tasks.abort_all();
        let seen = self.books.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (seen, self.books.turns.faults())
    }
}

impl Books {
    async fn work(self: Arc<Self>) {
        while let Some(number) = self.turns.next().await {
            if let Err(fault) = self.sign_in(number).await {
                self.turns.fault(format!("login {number}: {fault}"));
            }
            self.turns.is_done();
        }
    }

    /// One whole login.
    async fn sign_in(&self, number: usize) -> Result<(), String> {
        let wish = json!({ "reference": format!("login-{number}") });
        let (_, login) = self.surely(Kind::Begin, "/v1/logins", Some(&wish), &[201]).await?;
        let upstream = session_of(&login).ok_or_else(|| format!("no link: {login}"))?;
        let person = self.persons[number % self.persons.len()].clone();
        self.note(number, |seen| (seen.upstream, seen.person) = (upstream.clone(), person.clone()));
        let id = login["id"].as_str().unwrap_or_default();
        let path = format!("/v1/logins/{id}");
        let deciding = self.deciding.acquire().await.map_err(|error| error.to_string())?;
        let confirm = format!("antirius/sessions/{upstream}/confirm");
        control(&self.http, &self.sandbox, Method::POST, &confirm, Some(json!({ "person": person }))).await;
        let outcome = loop {
            let (status, login) = self.surely(Kind::Wait, &path, None, &[200, 404]).await?;
            if status == 404 {
                break json!({ "status": "gone" });
            }
            if !matches!(login["status"].as_str(), Some("pending" | "opened")) {
                break login;
            }
        };
        drop(deciding);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.note(number, |seen| {
            (seen.status, seen.failure) = (text(&outcome["status"]), text(&outcome["failure"]["code"]));
            seen.known_at = Some(Instant::now());
        });
        if outcome["status"] != "confirmed" {
            return Ok(());
        }
        // Twice, as by a caller that saw no answer: another replica gives the same.
        let claim = json!({ "claim_secret": login["claim_secret"] });
        for _ in 0..2 {
            let (status, claimed) =
                self.surely(Kind::Claim, &format!("{path}/claim"), Some(&claim), &[200, 404]).await?;
            if status == 404 {
                self.note(number, |seen| "gone".clone_into(&mut seen.status));
                return Ok(());
            }
            self.note(number, |seen| {
                seen.identity = text(&claimed["identity"]["provider_user_id"]);
                seen.sessions.push(text(&claimed["session"]["id"]));
                "claimed".clone_into(&mut seen.status);
            });
        }
        Ok(())
    }

    /// Asks one replica after the other until one gives an answer that says something.
    async fn surely(
        &self,
        kind: Kind,
        path: &str,
        body: Option<&Value>,
        good: &[u16],
    ) -> Result<(u16, Value), String> {
        loop {
            // One later in each round: a login takes so many calls that without it the same replica would hear all claims.
            let asked = self.asked.fetch_add(1, Ordering::Relaxed);
            let url = &self.urls[(asked + asked / self.urls.len()) % self.urls.len()];
            let request = match body {
                Some(body) => self.http.post(format!("{url}{path}")).json(body),
                None => self.http.get(format!("{url}{path}")).header("Prefer", "wait=5"),
            };
            match self.calls.make(kind, request.bearer_auth(KEY).timeout(PATIENCE)).await {
                Some((status, answer)) if good.contains(&status) => return Ok((status, answer)),
                // Nothing is wrong with what was asked.
                Some((502..=504, _)) | None => {}
                Some((status, answer)) => return Err(format!("{kind:?} {path}: {status}: {answer}")),
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    fn note(&self, number: usize, change: impl FnOnce(&mut Seen)) {
        change(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner)[number]);
    }
}

/// Antirius' session, which only the deep link shows.
fn session_of(login: &Value) -> Option<String> {
    let link = login["next"]["links"][0]["url"].as_str()?;
    let (_, rest) = link.split_once("start=")?;
    Some(rest.chars().take_while(char::is_ascii_hexdigit).collect())
}
