//! What may be done to the simulated Authara.

use serde::Serialize;
use serde_json::{Value, json};

use super::ControlError;
use crate::authara::{
    AutharaOrganization, AutharaSwitches, AutharaUser, csrf_cookie, session_cookies, webhooks,
};
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

    /// An administrator disables the account, or enables it again; tells `user.updated`.
    pub fn set_disabled(&self, user: &str, disabled: bool) -> Result<(), ControlError> {
        self.update_user(user, |account| account.disabled = disabled)
    }

    /// A new account. Answers it, and tells `user.created`.
    pub fn create_user(
        &self,
        email: &str,
        username: Option<&str>,
        password: Option<&str>,
    ) -> Result<AutharaUser, ControlError> {
        let mut state = self.shared.authara();
        if state.users.iter().any(|user| user.email == email) {
            return Err(ControlError::NotPossible(format!("there is a user {email:?}")));
        }
        let name = username.or_else(|| email.split('@').next()).unwrap_or(email);
        let user = AutharaUser {
            id: random::uuid(),
            email: email.to_owned(),
            username: name.to_owned(),
            password: password.unwrap_or("sandbox-password").to_owned(),
            roles: Vec::new(),
            organization: AutharaOrganization {
                id: random::uuid(),
                name: format!("{name}'s organization"),
                role: "owner".to_owned(),
            },
            disabled: false,
        };
        state.users.push(user.clone());
        drop(state);
        self.tell("user.created", &user.id);
        Ok(user)
    }

    /// Changes an account, and tells `user.updated`.
    pub fn update_user(&self, user: &str, change: impl FnOnce(&mut AutharaUser)) -> Result<(), ControlError> {
        let mut state = self.shared.authara();
        let account = state.user_mut(Some(user)).ok_or_else(|| no_user(user))?;
        change(account);
        let id = account.id.clone();
        drop(state);
        self.tell("user.updated", &id);
        Ok(())
    }

    /// An account goes, its sessions with it; tells `user.deleted`.
    pub fn delete_user(&self, user: &str) -> Result<(), ControlError> {
        let mut state = self.shared.authara();
        let id = state.user_mut(Some(user)).ok_or_else(|| no_user(user))?.id.clone();
        state.users.retain(|user| user.id != id);
        state.sessions.retain(|_, session| session.user_id != id);
        drop(state);
        self.tell("user.deleted", &id);
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

    fn tell(self, kind: &str, user_id: &str) {
        let now = self.shared.clock.now();
        let patience = webhooks::patience(&self.shared.authara().switches);
        let data = json!({ "user_id": user_id });
        let letter = webhooks::letter(kind, user_id, None, &data, &webhooks::nanos(now));
        // Nobody waits for the first tries.
        drop(self.shared.webhooks.post(&letter, patience));
    }
}

fn no_user(name: &str) -> ControlError {
    ControlError::NotFound(format!("no user {name:?}"))
}
