//! What the simulated Antirius remembers: sessions, keys, who is reachable.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

use super::config::{AntiriusConfig, AntiriusPerson, AntiriusSwitches};
use crate::jwt::RsaKey;

/// Sessions and keys of one sandbox.
pub(crate) struct State {
    pub(crate) switches: AntiriusSwitches,
    pub(crate) sessions: HashMap<String, Session>,
    pub(crate) latest: Option<String>,
    pub(crate) counter: u64,
    /// Phone numbers of people who confirmed, with the messenger they last used.
    pub(crate) reachable: HashMap<String, String>,
    /// Oldest first; the last one signs. The first is made beside the start, so that nobody waits for it.
    keys: Vec<Arc<OnceLock<RsaKey>>>,
    /// How many of the oldest keys are no longer published.
    retired: usize,
}

/// A session's status, in the contract's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    /// Nobody has answered yet.
    Pending,
    /// The person confirmed.
    Confirmed,
    /// Nobody answered in time.
    Expired,
    /// The person refused.
    Cancelled,
}

pub(crate) struct Session {
    pub(crate) return_url: Option<String>,
    /// Begun by Antirius' own page: the browser goes back to `return_url` after the confirmation.
    pub(crate) is_hosted: bool,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) opened_at: Option<Timestamp>,
    pub(crate) confirmed: Option<Confirmed>,
    pub(crate) is_cancelled: bool,
    pub(crate) is_consumed: bool,
    pub(crate) status_calls: u64,
    pub(crate) full_calls: u64,
    pub(crate) changed: watch::Sender<()>,
}

#[derive(Clone)]
pub(crate) struct Confirmed {
    pub(crate) at: Timestamp,
    pub(crate) person: AntiriusPerson,
    pub(crate) messenger: String,
}

impl Session {
    pub(crate) fn status(&self, now: Timestamp, confirmed_expires: bool) -> SessionStatus {
        let is_late = now >= self.expires_at;
        if self.is_cancelled {
            SessionStatus::Cancelled
        } else if self.confirmed.is_some() && !(confirmed_expires && is_late && !self.is_consumed) {
            SessionStatus::Confirmed
        } else if is_late {
            SessionStatus::Expired
        } else {
            SessionStatus::Pending
        }
    }
}

impl State {
    pub(crate) fn new(config: &AntiriusConfig) -> Self {
        Self {
            switches: config.switches.clone(),
            sessions: HashMap::new(),
            latest: None,
            counter: 0,
            reachable: HashMap::new(),
            keys: vec![Arc::default()],
            retired: 0,
        }
    }

    pub(crate) fn reset(&mut self, config: &AntiriusConfig) {
        let (keys, retired) = (std::mem::take(&mut self.keys), self.retired);
        *self = Self { keys, retired, ..Self::new(config) };
    }

    /// The id itself, or the newest session for `latest`.
    pub(crate) fn resolve(&self, id: &str) -> Option<String> {
        let id = if id == "latest" { self.latest.clone()? } else { id.to_owned() };
        self.sessions.contains_key(&id).then_some(id)
    }

    /// The place of the first key, for whoever makes it.
    pub(crate) fn first_key(&self) -> Option<Arc<OnceLock<RsaKey>>> {
        self.keys.first().cloned()
    }

    /// A token with these claims by the newest key.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.keys.last().map(|key| key.get_or_init(RsaKey::generate).sign(claims)).unwrap_or_default()
    }

    /// The public halves of the keys that are published.
    pub(crate) fn published_keys(&self) -> Vec<Value> {
        self.keys.iter().skip(self.retired).map(|key| key.get_or_init(RsaKey::generate).jwk()).collect()
    }

    /// A new key signs from now on. Answers its id.
    pub(crate) fn rotate(&mut self, keep_old: bool) -> String {
        if !keep_old {
            self.retired = self.keys.len();
        }
        let key = RsaKey::generate();
        let kid = key.kid.clone();
        self.keys.push(Arc::new(OnceLock::from(key)));
        kid
    }

    /// Wakes every held poll, because the time moved.
    pub(crate) fn touch_all(&self) {
        for session in self.sessions.values() {
            session.changed.send_replace(());
        }
    }
}
