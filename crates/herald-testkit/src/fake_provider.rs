//! A provider that does as it is told: the person's answer, and what each one-shot call ends with, are set by the test.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use herald_core::{
    error::{ErrorKind, ProviderError, Retry},
    identity::{Attributes, Profile},
    phone::PhoneNumber,
    provider::{
        Answer, ApproveLink, BeginLogin, IdentityProvider, Look, Memo, Observed, Progress, ProviderAccount,
        ProviderInfo, ProviderName, Rejection, Started, Step, Verified,
    },
};
use jiff::Timestamp;
use tokio::sync::{oneshot, watch};
use url::Url;

/// What the person does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Person {
    /// Nothing yet.
    Silent,
    /// Opened the link.
    Opened,
    /// Said yes.
    Confirmed,
    /// Said no.
    Refused,
}

/// How a scripted call ends.
#[derive(Clone, Copy, Debug)]
pub enum Ends {
    /// With an error of this kind and verdict, without effect at the provider.
    Fails(ErrorKind, Retry),
    /// With an error of this kind and verdict, after it took effect.
    TakesEffectAndFails(ErrorKind, Retry),
    /// Never.
    Hangs,
}

/// A call that waits for the test before it ends.
type Gate = (oneshot::Receiver<()>, Option<(ErrorKind, Retry)>);

/// A scripted provider for one person, whose user key is set by the test. Polled, or by redirect.
pub struct FakeProvider {
    info: ProviderInfo,
    person: watch::Sender<Person>,
    user_key: Mutex<String>,
    redeems: Mutex<VecDeque<Ends>>,
    identifies: Mutex<VecDeque<Ends>>,
    is_consumed: Mutex<bool>,
    gate: Mutex<Option<Gate>>,
    look_gate: Mutex<Option<oneshot::Receiver<()>>>,
    is_unnoticed: AtomicBool,
    calls: watch::Sender<(usize, usize)>,
    /// Calls of `begin`.
    pub begun: AtomicUsize,
    /// Calls of `observe`.
    pub observed: AtomicUsize,
    /// Calls of `redeem`.
    pub redeemed: AtomicUsize,
}

impl fmt::Debug for FakeProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeProvider")
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FakeProvider {
    /// A provider with this account.
    pub fn new(progress: Progress, account: &str) -> Self {
        let account = ProviderAccount { provider: ProviderName::new("fake"), account: account.to_owned() };
        Self {
            info: ProviderInfo { account, progress, redeem_timeout: Duration::from_secs(10) },
            person: watch::Sender::new(Person::Silent),
            user_key: Mutex::new("ivan".to_owned()),
            redeems: Mutex::default(),
            identifies: Mutex::default(),
            is_consumed: Mutex::default(),
            gate: Mutex::default(),
            look_gate: Mutex::default(),
            is_unnoticed: AtomicBool::new(false),
            calls: watch::Sender::default(),
            begun: AtomicUsize::new(0),
            observed: AtomicUsize::new(0),
            redeemed: AtomicUsize::new(0),
        }
    }

    /// The person does something; whoever looks is told at once.
    pub fn person_is(&self, person: Person) {
        self.person.send_replace(person);
    }

    /// Whom the provider vouches for from now on.
    pub fn user_is(&self, user_key: &str) {
        user_key.clone_into(&mut locked(&self.user_key));
    }

    /// The next calls of `redeem` end like this, each once, before they go well again.
    pub fn redeem_ends(&self, ends: impl IntoIterator<Item = Ends>) {
        locked(&self.redeems).extend(ends);
    }

    /// The next calls of `identify` end like this, each once.
    pub fn identify_ends(&self, ends: impl IntoIterator<Item = Ends>) {
        locked(&self.identifies).extend(ends);
    }

    /// The person says yes, but a long poll that holds the line is not told.
    pub fn confirm_unnoticed(&self) {
        self.is_unnoticed.store(true, Ordering::SeqCst);
    }

    /// The next look at what a browser brings waits until the sender is used.
    pub fn look_waits(&self) -> oneshot::Sender<()> {
        let (go, gone) = oneshot::channel();
        *locked(&self.look_gate) = Some(gone);
        go
    }

    /// The next `redeem` waits until the sender is used, and then goes well.
    pub fn redeem_waits(&self) -> oneshot::Sender<()> {
        let (go, gone) = oneshot::channel();
        *locked(&self.gate) = Some((gone, None));
        go
    }

    /// The next `redeem` waits until the sender is used, and then fails without effect.
    pub fn redeem_waits_and_fails(&self, kind: ErrorKind, retry: Retry) -> oneshot::Sender<()> {
        let (go, gone) = oneshot::channel();
        *locked(&self.gate) = Some((gone, Some((kind, retry))));
        go
    }

    /// Waits until somebody has looked.
    pub async fn is_watched(&self) {
        self.looks_reach(1).await;
    }

    /// Waits until there were so many looks.
    pub async fn looks_reach(&self, count: usize) {
        let _ = self.calls.subscribe().wait_for(|calls| calls.0 >= count).await;
    }

    /// Waits until `redeem` was called so often.
    pub async fn redeems_reach(&self, count: usize) {
        let _ = self.calls.subscribe().wait_for(|calls| calls.1 >= count).await;
    }

    /// The next login has an answer of its own, and its person is silent.
    pub fn next_login(&self) {
        *locked(&self.is_consumed) = false;
        self.person_is(Person::Silent);
    }

    /// How often `redeem` was called.
    pub fn redeem_count(&self) -> usize {
        self.redeemed.load(Ordering::SeqCst)
    }

    fn error(&self, operation: &'static str, kind: ErrorKind, retry: Retry) -> ProviderError {
        ProviderError::new(&self.info.account.provider, operation, kind, retry, "as the test says")
    }
}

#[async_trait]
impl IdentityProvider for FakeProvider {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn begin(&self, request: &BeginLogin) -> Result<Started, ProviderError> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let url = |text: &str| {
            Url::parse(text).map_err(|_| self.error("begin", ErrorKind::Misconfigured, Retry::Never))
        };
        let step = match self.info.progress {
            Progress::Poll => {
                let link = ApproveLink {
                    platform: "telegram".to_owned(),
                    url: url("https://t.me/Bot?start=1")?,
                    manual: None,
                };
                Step::Approve { links: vec![link], poll_after_seconds: 2 }
            }
            Progress::Return => Step::Redirect {
                url: url(&format!("https://fake.example/?state={}", request.state.expose()))?,
            },
        };
        Ok(Started { step, memo: Memo::new("begun".to_owned()), expires_in: Duration::from_secs(600) })
    }

    async fn observe(&self, memo: &Memo, look: Look<'_>) -> Result<Observed, ProviderError> {
        self.observed.fetch_add(1, Ordering::SeqCst);
        self.calls.send_modify(|calls| calls.0 += 1);
        if let Look::Return { query, .. } = look {
            let gate = locked(&self.look_gate).take();
            if let Some(gone) = gate {
                let _ = gone.await;
            }
            return Ok(match query.iter().find(|(name, _)| name == "code") {
                Some((_, code)) => Observed::Ready { memo: Memo::new(code.clone()) },
                None => Observed::Rejected(Rejection::Denied),
            });
        }
        if self.info.progress == Progress::Poll && matches!(look, Look::Poll { is_last: false }) {
            let is_opened = memo.expose() == "opened";
            let news = |person: &Person| {
                !matches!((person, is_opened), (Person::Silent, _) | (Person::Opened, true))
            };
            let _ = self.person.subscribe().wait_for(news).await;
        }
        let is_unnoticed = self.is_unnoticed.load(Ordering::SeqCst);
        let person = if is_unnoticed { Person::Confirmed } else { *self.person.borrow() };
        Ok(match person {
            Person::Silent => {
                Observed::Pending { memo: memo.clone(), is_opened: false, poll_after: Duration::ZERO }
            }
            Person::Opened => {
                let memo = Memo::new("opened".to_owned());
                Observed::Pending { memo, is_opened: true, poll_after: Duration::ZERO }
            }
            Person::Confirmed => Observed::Ready { memo: Memo::new("ready".to_owned()) },
            Person::Refused => Observed::Rejected(Rejection::Denied),
        })
    }

    async fn redeem(&self, _memo: &Memo) -> Result<Answer, ProviderError> {
        self.redeemed.fetch_add(1, Ordering::SeqCst);
        self.calls.send_modify(|calls| calls.1 += 1);
        let gate = locked(&self.gate).take();
        if let Some((gone, outcome)) = gate {
            let _ = gone.await;
            if let Some((kind, retry)) = outcome {
                return Err(self.error("redeem", kind, retry));
            }
        }
        let next = locked(&self.redeems).pop_front();
        match next {
            Some(Ends::Fails(kind, retry)) => return Err(self.error("redeem", kind, retry)),
            Some(Ends::Hangs) => {
                *locked(&self.is_consumed) = true;
                std::future::pending::<()>().await;
            }
            Some(Ends::TakesEffectAndFails(kind, retry)) => {
                *locked(&self.is_consumed) = true;
                return Err(self.error("redeem", kind, retry));
            }
            None => {}
        }
        if std::mem::replace(&mut *locked(&self.is_consumed), true) {
            return Err(self.error("redeem", ErrorKind::Consumed, Retry::Never));
        }
        Ok(Answer::new(locked(&self.user_key).clone()))
    }

    async fn identify(&self, answer: &Answer) -> Result<Verified, ProviderError> {
        let next = locked(&self.identifies).pop_front();
        if let Some(Ends::Fails(kind, retry) | Ends::TakesEffectAndFails(kind, retry)) = next {
            return Err(self.error("identify", kind, retry));
        }
        let profile = Box::new(Profile {
            user_key: answer.expose().to_owned(),
            name: Some("Ivan Petrov".to_owned()),
            given_name: None,
            family_name: None,
            preferred_username: None,
            email: None,
            phone_number: PhoneNumber::parse("+16502530000").ok(),
            amr: vec!["oob".to_owned()],
            authenticated_at: Timestamp::UNIX_EPOCH,
            attributes: Attributes::default(),
        });
        // The session that `FakeSessions` would name.
        let provider_session = Some(format!("session of {}", profile.user_key));
        Ok(Verified::Identity { profile, provider_session })
    }
}
