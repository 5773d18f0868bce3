//! What may be done to the simulated Antara.

use serde::Deserialize;
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::ControlError;
use crate::antara::authorize::{self, Query};
use crate::antara::{AntaraSwitches, AntaraUser, Kind, Refusal, Token, webhooks};
use crate::shared::Shared;
use crate::webhook::WebhookDelivery;

/// Antara, under control.
#[derive(Clone, Copy)]
pub struct AntaraControl<'a> {
    shared: &'a Shared,
}

/// What the person answers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// Yes, as the user of that UUID or slug, or as the first one.
    Approve {
        /// UUID or slug.
        #[serde(default)]
        user: Option<String>,
    },
    /// No.
    Refuse,
}

impl Default for Decision {
    fn default() -> Self {
        Self::Approve { user: None }
    }
}

impl<'a> AntaraControl<'a> {
    pub(crate) fn new(shared: &'a Shared) -> Self {
        Self { shared }
    }

    /// How it behaves now.
    pub fn switches(&self) -> AntaraSwitches {
        self.shared.antara().switches.clone()
    }

    /// Changes how it behaves from now on.
    pub fn switch(&self, change: impl FnOnce(&mut AntaraSwitches)) {
        change(&mut self.shared.antara().switches);
    }

    /// Its people.
    pub fn users(&self) -> Vec<AntaraUser> {
        self.shared.antara().users.clone()
    }

    /// Does what a browser does with an authorize URL: opens it, answers, and gives the callback URL that the browser
    /// would be sent to. `None`: the person refused and Antara keeps the browser.
    pub fn authorize(&self, authorize_url: &str, decision: &Decision) -> Result<Option<Url>, ControlError> {
        let url = Url::parse(authorize_url).map_err(|error| ControlError::Invalid(error.to_string()))?;
        let request = authorize::check(self.shared, query_of(&url)).map_err(|refusal| refused(&refusal))?;
        match decision {
            Decision::Approve { user } => authorize::approve(self.shared, request, user.as_deref())
                .map(Some)
                .map_err(|refusal| refused(&refusal)),
            Decision::Refuse => Ok(authorize::refuse(self.shared, request)),
        }
    }

    /// An `oit_` that did not come from an authorization: of that user (the first one), for that audience (the app),
    /// with these scopes.
    pub fn issue_identity_token(
        &self,
        user: Option<&str>,
        audience: Option<&str>,
        scopes: &[&str],
    ) -> Result<String, ControlError> {
        let user = self.user(user)?;
        let audience = audience.unwrap_or(&self.shared.config.antara.client_id).to_owned();
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let mut state = self.shared.antara();
        let circle = state.switches.circle_id.clone();
        Ok(state.issue_identity(user, audience, scopes, circle, self.shared.clock.unix()))
    }

    /// A `uat_`: that user's session at the portal.
    pub fn issue_portal_token(&self, user: Option<&str>) -> Result<String, ControlError> {
        let user = self.user(user)?;
        Ok(self.shared.antara().issue_portal(user, self.shared.clock.unix()))
    }

    /// A `cap_` that may write to that user only, for an hour.
    pub fn issue_capability(&self, user: Option<&str>) -> Result<String, ControlError> {
        let token = Token {
            kind: Kind::Capability,
            user: Some(self.user(user)?),
            audience: self.shared.config.antara.client_id.clone(),
            scopes: vec!["messages.send".to_owned()],
            circle: None,
            expires: self.shared.clock.unix() + 3600,
        };
        Ok(self.shared.antara().issue(token))
    }

    /// That token is good no longer. `false`: it was not there.
    pub fn revoke(&self, token: &str) -> bool {
        self.shared.antara().tokens.remove(token).is_some()
    }

    /// No `aat_` that was issued so far is good any more: each gets a 401. Answers how many.
    pub fn revoke_app_tokens(&self) -> usize {
        let mut state = self.shared.antara();
        let before = state.tokens.len();
        state.tokens.retain(|_, token| token.kind != Kind::App);
        before - state.tokens.len()
    }

    /// The circle's owner revokes access: tokens bound to it turn inactive.
    pub fn revoke_circle(&self, circle_id: &str) {
        self.shared.antara().revoked_circles.insert(circle_id.to_owned());
    }

    /// The recipient's notification preference, by UUID or slug.
    pub fn set_accepts_messages(&self, user: &str, accepts: bool) -> Result<(), ControlError> {
        let mut state = self.shared.antara();
        let found = state.users.iter_mut().find(|known| known.id == user || known.slug == user);
        found.ok_or_else(|| no_user(user))?.accepts_messages = accepts;
        Ok(())
    }

    /// Tells now that a message was delivered, whatever the switches say, `copies` times under one id. `patch` is a JSON
    /// Merge Patch on what it says. `all`: every message whose delivery was not told yet.
    pub fn deliver(
        &self,
        message_id: &str,
        copies: u32,
        patch: &Value,
    ) -> Result<Vec<WebhookDelivery>, ControlError> {
        if message_id == "all" {
            let state = self.shared.antara();
            let untold = state.messages.iter().filter(|(_, message)| !message.is_told);
            let ids: Vec<String> = untold.map(|(id, _)| id.clone()).collect();
            drop(state);
            return ids.iter().try_fold(Vec::new(), |mut all, id| {
                all.extend(self.deliver(id, copies, patch)?);
                Ok(all)
            });
        }
        webhooks::post_delivery(self.shared, message_id, copies, patch, 0)
            .map(|(records, _)| records)
            .ok_or_else(|| ControlError::NotFound(format!("no message {message_id:?}")))
    }

    fn user(self, name: Option<&str>) -> Result<AntaraUser, ControlError> {
        self.shared.antara().user(name).cloned().ok_or_else(|| no_user(name.unwrap_or_default()))
    }
}

fn no_user(name: &str) -> ControlError {
    ControlError::NotFound(format!("no demo user {name:?}"))
}

fn refused(refusal: &Refusal) -> ControlError {
    ControlError::NotPossible(format!("{}: {}", refusal.code(), refusal.message()))
}

fn query_of(url: &Url) -> Query {
    let mut query = Query::default();
    for (name, value) in form_urlencoded::parse(url.query().unwrap_or_default().as_bytes()) {
        let place = match &*name {
            "client_id" => &mut query.client_id,
            "redirect_uri" => &mut query.redirect_uri,
            "response_type" => &mut query.response_type,
            "state" => &mut query.state,
            "code_challenge" => &mut query.code_challenge,
            "code_challenge_method" => &mut query.code_challenge_method,
            "scope" => &mut query.scope,
            "circle" => &mut query.circle,
            _ => continue,
        };
        *place = Some(value.into_owned());
    }
    query
}
