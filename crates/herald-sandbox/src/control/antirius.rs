//! What may be done to the simulated Antirius. Where a session's id is asked, `latest` is the newest session.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::ControlError;
use crate::antirius::poll::{self, Act};
use crate::antirius::{AntiriusPerson, AntiriusSwitches, SessionStatus, State};
use crate::shared::Shared;

/// Antirius, under control.
#[derive(Clone, Copy)]
pub struct AntiriusControl<'a> {
    shared: &'a Shared,
}

/// A session as it is, with how often it was asked for.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SessionView {
    /// 24 hex characters.
    pub id: String,
    /// In the contract's words.
    pub status: SessionStatus,
    /// Opened in a messenger.
    pub is_opened: bool,
    /// A `full` took the token.
    pub is_consumed: bool,
    /// Polls with `type=status`.
    pub status_calls: u64,
    /// Polls with `type=full` or without a type.
    pub full_calls: u64,
    /// What the caller gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_url: Option<String>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl<'a> AntiriusControl<'a> {
    pub(crate) fn new(shared: &'a Shared) -> Self {
        Self { shared }
    }

    /// How it behaves now.
    pub fn switches(&self) -> AntiriusSwitches {
        self.shared.antirius().switches.clone()
    }

    /// Changes how it behaves from now on.
    pub fn switch(&self, change: impl FnOnce(&mut AntiriusSwitches)) {
        change(&mut self.shared.antirius().switches);
    }

    /// Its people.
    pub fn persons(&self) -> Vec<AntiriusPerson> {
        self.shared.config.antirius.persons.clone()
    }

    /// Every session, oldest first.
    pub fn sessions(&self) -> Vec<SessionView> {
        let state = self.shared.antirius();
        let mut views: Vec<SessionView> =
            state.sessions.keys().filter_map(|id| self.view(&state, id)).collect();
        views.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        views
    }

    /// One session.
    pub fn session(&self, id: &str) -> Result<SessionView, ControlError> {
        let state = self.shared.antirius();
        state.resolve(id).and_then(|id| self.view(&state, &id)).ok_or_else(|| no_session(id))
    }

    /// The deep link was opened in the messenger.
    pub fn open(&self, id: &str) -> Result<SessionView, ControlError> {
        self.act(id, &Act::Open)
    }

    /// The first person confirms, in the first messenger.
    pub fn confirm(&self, id: &str) -> Result<SessionView, ControlError> {
        self.act(id, &Act::Confirm { person: None, messenger: None })
    }

    /// A person confirms, by `_id` or phone, in that messenger.
    pub fn confirm_as(
        &self,
        id: &str,
        person: Option<&str>,
        messenger: Option<&str>,
    ) -> Result<SessionView, ControlError> {
        self.act(id, &Act::Confirm { person, messenger })
    }

    /// The person refuses: `cancelled`.
    pub fn refuse(&self, id: &str) -> Result<SessionView, ControlError> {
        self.act(id, &Act::Cancel)
    }

    /// The session expires now.
    pub fn expire(&self, id: &str) -> Result<SessionView, ControlError> {
        self.act(id, &Act::Expire)
    }

    /// A new key signs from now on; its id is answered. Without `keep_old` the old ones leave the key set.
    pub fn rotate_keys(&self, keep_old: bool) -> String {
        self.shared.antirius().rotate(keep_old)
    }

    /// A token with any claims, signed with the key of today.
    pub fn sign(&self, claims: &Value) -> String {
        self.shared.antirius().sign(claims)
    }

    /// That phone can be written to as if its owner had logged in through `messenger`.
    pub fn make_reachable(&self, phone: &str, messenger: &str) {
        self.shared.antirius().reachable.insert(phone.to_owned(), messenger.to_owned());
    }

    fn act(self, id: &str, act: &Act<'_>) -> Result<SessionView, ControlError> {
        let id = self.shared.antirius().resolve(id).ok_or_else(|| no_session(id))?;
        poll::act(self.shared, &id, act)
            .map_err(|refusal| ControlError::NotPossible(refusal.message().to_owned()))?;
        self.session(&id)
    }

    fn view(self, state: &State, id: &str) -> Option<SessionView> {
        let session = state.sessions.get(id)?;
        Some(SessionView {
            id: id.to_owned(),
            status: session.status(self.shared.clock.now(), state.switches.confirmed_expires),
            is_opened: session.opened_at.is_some(),
            is_consumed: session.is_consumed,
            status_calls: session.status_calls,
            full_calls: session.full_calls,
            return_url: session.return_url.clone(),
            created_at: session.created_at,
            expires_at: session.expires_at,
        })
    }
}

fn no_session(id: &str) -> ControlError {
    ControlError::NotFound(format!("no session {id:?}"))
}
