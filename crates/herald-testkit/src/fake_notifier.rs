//! A notifier that remembers what took effect, and fails as it is told.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use herald_core::{
    error::{ErrorKind, ProviderError, Retry},
    identity::Identity,
    notification::{Address, Message},
    notifier::{MessageLimits, Notifier, Receipt, Recipient, SendKey},
    provider::ProviderName,
};
use tokio::sync::watch;

use crate::fake_provider::Ends;

/// Where an adapter that breaks down does so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BreaksDown {
    /// When it is asked whom an address is.
    InAddress,
    /// When it sends, after the message took effect.
    InSend,
}

/// A scripted notifier that delivers to phones.
#[derive(Debug)]
pub struct FakeNotifier {
    limits: MessageLimits,
    honours_key: bool,
    script: Mutex<VecDeque<Ends>>,
    otherwise: Mutex<Option<Ends>>,
    for_phones: Mutex<HashMap<String, Ends>>,
    breaks_down_for: Mutex<HashSet<(BreaksDown, String)>>,
    is_held: watch::Sender<bool>,
    calls: watch::Sender<usize>,
    effects: watch::Sender<Vec<(String, String)>>,
    at_once: Mutex<(usize, usize)>,
}

impl FakeNotifier {
    /// A notifier that does, or does not, recognise repeats by their key.
    pub fn new(honours_key: bool) -> Self {
        Self {
            limits: MessageLimits { longest_text: 100 },
            honours_key,
            script: Mutex::default(),
            otherwise: Mutex::default(),
            for_phones: Mutex::default(),
            breaks_down_for: Mutex::default(),
            is_held: watch::Sender::default(),
            calls: watch::Sender::default(),
            effects: watch::Sender::default(),
            at_once: Mutex::default(),
        }
    }

    /// The next sends end like this, each once, before they go well again.
    pub fn send_ends(&self, ends: impl IntoIterator<Item = Ends>) {
        self.script.lock().unwrap_or_else(PoisonError::into_inner).extend(ends);
    }

    /// Every send that no script is left for ends like this, or well again.
    pub fn from_now_on(&self, ends: Option<Ends>) {
        *self.otherwise.lock().unwrap_or_else(PoisonError::into_inner) = ends;
    }

    /// Every send to this phone number ends like this.
    pub fn always(&self, phone: &str, ends: Ends) {
        self.for_phones.lock().unwrap_or_else(PoisonError::into_inner).insert(phone.to_owned(), ends);
    }

    /// Panics at this phone number from now on.
    pub fn breaks_down(&self, place: BreaksDown, phone: &str) {
        let mut places = self.breaks_down_for.lock().unwrap_or_else(PoisonError::into_inner);
        places.insert((place, phone.to_owned()));
    }

    /// Sends end only when the notifier is let go.
    pub fn holds(&self, is_held: bool) {
        self.is_held.send_replace(is_held);
    }

    /// How many sends have begun.
    pub fn calls(&self) -> usize {
        *self.calls.borrow()
    }

    /// Waits until so many sends have begun.
    pub async fn calls_reach(&self, count: usize) {
        let _ = self.calls.subscribe().wait_for(|calls| *calls >= count).await;
    }

    /// What took effect: recipient and key, in order.
    pub fn effects(&self) -> Vec<(String, String)> {
        self.effects.borrow().clone()
    }

    /// Waits until this many messages took effect.
    pub async fn effects_reach(&self, count: usize) {
        let _ = self.effects.subscribe().wait_for(|effects| effects.len() >= count).await;
    }

    /// The most sends that there were at once.
    pub fn most_at_once(&self) -> usize {
        self.at_once.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    fn perhaps_breaks_down(&self, place: BreaksDown, phone: &str) {
        let places = self.breaks_down_for.lock().unwrap_or_else(PoisonError::into_inner);
        let is_here = places.contains(&(place, phone.to_owned()));
        drop(places);
        assert!(!is_here, "as the test says");
    }

    fn take_effect(&self, recipient: &Recipient, key: &SendKey) {
        self.effects.send_modify(|effects| {
            let is_repeat = self.honours_key && effects.iter().any(|(_, known)| *known == key.0);
            if !is_repeat {
                effects.push((recipient.expose().to_owned(), key.0.clone()));
            }
        });
    }
}

#[async_trait]
impl Notifier for FakeNotifier {
    fn limits(&self) -> &MessageLimits {
        &self.limits
    }

    fn honours_key(&self) -> bool {
        self.honours_key
    }

    fn send_timeout(&self) -> Duration {
        Duration::from_secs(10)
    }

    fn concurrency(&self) -> usize {
        4
    }

    fn address(&self, to: &Address, identity: Option<&Identity>) -> Option<Recipient> {
        let phone = match to {
            Address::Phone { phone_number } => Some(phone_number),
            Address::Subject { .. } => identity.and_then(|identity| identity.profile.phone_number.as_ref()),
            Address::Slug { .. } => None,
        };
        let phone = phone?.expose();
        self.perhaps_breaks_down(BreaksDown::InAddress, phone);
        Some(Recipient::new(phone.to_owned()))
    }

    async fn send(
        &self,
        recipient: &Recipient,
        _message: &Message,
        key: &SendKey,
    ) -> Result<Receipt, ProviderError> {
        let _sending = Sending::begin(&self.at_once);
        self.calls.send_modify(|calls| *calls += 1);
        tokio::task::yield_now().await;
        // The sender lives in `self`.
        let _ = self.is_held.subscribe().wait_for(|is_held| !is_held).await;
        let for_phone =
            self.for_phones.lock().unwrap_or_else(PoisonError::into_inner).get(recipient.expose()).copied();
        let scripted =
            for_phone.or_else(|| self.script.lock().unwrap_or_else(PoisonError::into_inner).pop_front());
        let next = scripted.or_else(|| *self.otherwise.lock().unwrap_or_else(PoisonError::into_inner));
        let error = |kind: ErrorKind, retry: Retry| {
            ProviderError::new(&ProviderName::new("fake"), "send", kind, retry, "as the test says")
        };
        match next {
            Some(Ends::Fails(kind, retry)) => return Err(error(kind, retry)),
            Some(Ends::TakesEffectAndFails(kind, retry)) => {
                self.take_effect(recipient, key);
                return Err(error(kind, retry));
            }
            Some(Ends::Hangs) => {
                self.take_effect(recipient, key);
                std::future::pending::<()>().await;
            }
            None => self.take_effect(recipient, key),
        }
        self.perhaps_breaks_down(BreaksDown::InSend, recipient.expose());
        Ok(Receipt { message_id: Some(format!("m-{}", key.0)), request_id: None, platform: None })
    }
}

/// Counts a send while it runs.
struct Sending<'a>(&'a Mutex<(usize, usize)>);

impl<'a> Sending<'a> {
    fn begin(counts: &'a Mutex<(usize, usize)>) -> Self {
        let mut locked = counts.lock().unwrap_or_else(PoisonError::into_inner);
        locked.0 += 1;
        locked.1 = locked.1.max(locked.0);
        Self(counts)
    }
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 -= 1;
    }
}
