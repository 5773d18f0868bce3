//! What may be done to the simulated Authara.

use serde::Serialize;
use serde_json::Value;

use super::ControlError;
use crate::authara::{AutharaSwitches, AutharaUser, csrf_cookie, session_cookies};
use crate::ledger::Entry;
use crate::operation::{Operation, Provider};
use crate::random;
use crate::shared::Shared;

/// Authara, under control.
#[derive(Clone, Copy)]
pub struct AutharaControl<'a> {
    shared: &'a Shared,
}

/// What a browser holds after a sign-in.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SignedIn {
    /// The `Set-Cookie` values, as the server would send them.
    pub set_cookies: Vec<String>,
    /// A whole `Cookie` header.
    pub cookie: String,
    /// For `X-CSRF-Token`.
    pub csrf_token: String,
    /// The JWT in `authara_access`.
    pub access_token: String,
    /// What is in `authara_refresh`.
    pub refresh_token: String,
    /// The session's UUID (`sid`).
    pub session_id: String,
}

impl<'a> AutharaControl<'a> {
    pub(crate) fn new(shared: &'a Shared) -> Self {
        Self { shared }
    }

    /// How it behaves now.
    pub fn switches(&self) -> AutharaSwitches {
        self.shared.authara().switches.clone()
    }

    /// Changes how it behaves from now on.
    pub fn switch(&self, change: impl FnOnce(&mut AutharaSwitches)) {
        change(&mut self.shared.authara().switches);
    }

    /// Its people.
    pub fn users(&self) -> Vec<AutharaUser> {
        self.shared.authara().users.clone()
    }

    /// A session without a browser: of the user with that e-mail, id or name, or of the first one. Disabled users get
    /// one too: they may have signed in before.
    pub fn sign_in(&self, user: Option<&str>) -> Result<SignedIn, ControlError> {
        let now = self.shared.clock.now();
        let mut state = self.shared.authara();
        let found = state.user_mut(user).map(|user| user.clone());
        let user = found.ok_or_else(|| no_user(user.unwrap_or_default()))?;
        let pair = state.sign_in(&user, now);
        let csrf_token = random::token("");
        let mut set_cookies = session_cookies(&pair, &state.switches).to_vec();
        set_cookies.push(csrf_cookie(&csrf_token));
        drop(state);
        let entry = Entry::new(Provider::Authara, Operation::Login, &user.id);
        self.shared.write(&Entry { reference: Some(&pair.sid), ..entry });
        let pairs: Vec<&str> =
            set_cookies.iter().filter_map(|line| line.split_once(';').map(|(pair, _)| pair)).collect();
        Ok(SignedIn {
            cookie: pairs.join("; "),
            set_cookies,
            csrf_token,
            access_token: pair.access,
            refresh_token: pair.refresh,
            session_id: pair.sid,
        })
    }

    /// An administrator disables the account, or enables it again.
    pub fn set_disabled(&self, user: &str, disabled: bool) -> Result<(), ControlError> {
        let mut state = self.shared.authara();
        state.user_mut(Some(user)).ok_or_else(|| no_user(user))?.disabled = disabled;
        Ok(())
    }

    /// The session ends on the server, as after a logout elsewhere.
    pub fn end_session(&self, session_id: &str) -> Result<(), ControlError> {
        let mut state = self.shared.authara();
        let session = state.sessions.get_mut(session_id);
        session.ok_or_else(|| ControlError::NotFound(format!("no session {session_id:?}")))?.is_ended = true;
        Ok(())
    }

    /// A new key signs from now on; its id is answered. Without `keep_old` tokens of the old ones are refused.
    pub fn rotate_keys(&self, keep_old: bool) -> String {
        self.shared.authara().rotate(keep_old)
    }

    /// A token with any claims, signed with the key of today. The server itself does not know it.
    pub fn sign(&self, claims: &Value) -> String {
        self.shared.authara().sign(claims)
    }
}

fn no_user(name: &str) -> ControlError {
    ControlError::NotFound(format!("no user {name:?}"))
}
