//! What the simulated Antara remembers.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value, json};

use super::answer::Refusal;
use super::config::{AntaraConfig, AntaraSwitches, AntaraUser};
use crate::random;

/// Life of an authorization code, of an `oit_` and of the portal's `uat_`, in seconds.
pub(crate) const CODE_SECONDS: i64 = 300;
const IDENTITY_SECONDS: i64 = 3600;
const PORTAL_SECONDS: i64 = 600;
/// How long an idempotency key is remembered.
pub(crate) const KEY_SECONDS: i64 = 86_400;

/// Codes, tokens and messages of one sandbox.
pub(crate) struct State {
    pub(crate) switches: AntaraSwitches,
    pub(crate) users: Vec<AntaraUser>,
    pub(crate) codes: HashMap<String, Code>,
    pub(crate) tokens: HashMap<String, Token>,
    pub(crate) revoked_circles: HashSet<String>,
    pub(crate) sent: HashMap<(String, String), Sent>,
    /// Every accepted message by its id.
    pub(crate) messages: BTreeMap<String, Message>,
}

/// An approval on its way to the app.
pub(crate) struct Code {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) challenge: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) circle: Option<String>,
    pub(crate) user: AntaraUser,
    pub(crate) expires: i64,
    pub(crate) is_used: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `oit_`: a person, for one app.
    Identity,
    /// `aat_`: the app itself.
    App,
    /// `uat_`: the portal's own session of a person.
    Portal,
    /// `cap_`: may write to one slug.
    Capability,
}

#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) user: Option<AntaraUser>,
    pub(crate) audience: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) circle: Option<String>,
    pub(crate) expires: i64,
}

/// A message that was accepted under an idempotency key.
pub(crate) struct Sent {
    pub(crate) slug: String,
    pub(crate) body: String,
    pub(crate) message_id: String,
    /// Until when the key is remembered, in seconds since 1970.
    pub(crate) until: i64,
}

/// A message on its way to a person.
pub(crate) struct Message {
    pub(crate) slug: String,
    /// Whether its delivery was told.
    pub(crate) is_told: bool,
}

impl State {
    pub(crate) fn new(config: &AntaraConfig) -> Self {
        Self {
            switches: config.switches.clone(),
            users: config.users.clone(),
            codes: HashMap::new(),
            tokens: HashMap::new(),
            revoked_circles: HashSet::new(),
            sent: HashMap::new(),
            messages: BTreeMap::new(),
        }
    }

    /// By UUID or slug; the first one when nothing is asked.
    pub(crate) fn user(&self, name: Option<&str>) -> Option<&AntaraUser> {
        match name {
            None => self.users.first(),
            Some(name) => self.users.iter().find(|user| user.id == name || user.slug == name),
        }
    }

    pub(crate) fn issue(&mut self, token: Token) -> String {
        let prefix = match token.kind {
            Kind::Identity => "oit_",
            Kind::App => "aat_",
            Kind::Portal => "uat_",
            Kind::Capability => "cap_",
        };
        let text = random::token(prefix);
        self.tokens.insert(text.clone(), token);
        text
    }

    pub(crate) fn issue_identity(
        &mut self,
        user: AntaraUser,
        audience: String,
        scopes: Vec<String>,
        circle: Option<String>,
        now: i64,
    ) -> String {
        let expires = now + IDENTITY_SECONDS;
        self.issue(Token { kind: Kind::Identity, user: Some(user), audience, scopes, circle, expires })
    }

    pub(crate) fn issue_portal(&mut self, user: AntaraUser, now: i64) -> String {
        let scopes =
            ["ai.chat", "identity.read", "messages.send", "profile.basic"].map(str::to_owned).to_vec();
        let (audience, expires) = ("useantara".to_owned(), now + PORTAL_SECONDS);
        self.issue(Token { kind: Kind::Portal, user: Some(user), audience, scopes, circle: None, expires })
    }

    /// The token, while it is good: known, not expired, its circle not revoked.
    pub(crate) fn active(&self, text: &str, now: i64) -> Option<&Token> {
        let token = self.tokens.get(text)?;
        let is_circle_gone =
            token.circle.as_ref().is_some_and(|circle| self.revoked_circles.contains(circle));
        (token.expires > now && !is_circle_gone).then_some(token)
    }

    /// The good token of an `Authorization` header, else 401.
    pub(crate) fn bearer(&self, header: Option<&str>, now: i64) -> Result<&Token, Refusal> {
        header
            .and_then(|value| value.strip_prefix("Bearer "))
            .and_then(|text| self.active(text.trim(), now))
            .ok_or_else(|| Refusal::new(401, "UNAUTHORIZED", "Missing, unknown or expired token"))
    }
}

/// `user` as the token answer and `/auth/me` have it.
pub(crate) fn user_json(user: &AntaraUser) -> Value {
    let mut json = json!({
        "id": user.id,
        "primarySlug": user.slug,
        "trustLevel": user.trust_level,
        "verified": user.verified,
    });
    if let Some(name) = &user.display_name {
        json["displayName"] = name.as_str().into();
    }
    json
}
