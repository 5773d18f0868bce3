//! What the simulated Authara remembers: users, sessions, keys.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::config::{AutharaConfig, AutharaSwitches, AutharaUser, Rotation};
use crate::clock::{micros, plus};
use crate::jwt::HmacKey;
use crate::random;

const REFRESH_SECONDS: i64 = 1_209_600;
const DAY_SECONDS: i64 = 86_400;

/// Users, sessions and keys of one sandbox.
pub(crate) struct State {
    pub(crate) switches: AutharaSwitches,
    pub(crate) users: Vec<AutharaUser>,
    pub(crate) sessions: HashMap<String, Session>,
    /// Access token → its session and its end.
    pub(crate) access: HashMap<String, Access>,
    /// Every refresh token ever given → its session.
    pub(crate) refresh: HashMap<String, String>,
    /// Refresh tokens whose rotation is under way.
    pub(crate) in_flight: HashSet<String>,
    pub(crate) attempts: Vec<(String, Timestamp)>,
    issuer: String,
    keys: Vec<HmacKey>,
    dropped: HashSet<String>,
}

pub(crate) struct Session {
    pub(crate) user_id: String,
    pub(crate) current_refresh: String,
    pub(crate) refresh_until: Timestamp,
    pub(crate) rotated_at: Timestamp,
    pub(crate) is_ended: bool,
    /// Reuse was seen by a server with Redis: no access token of this session is good any more.
    pub(crate) is_tainted: bool,
}

#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) sid: String,
    pub(crate) until: Timestamp,
    kid: String,
}

/// The two tokens of a session.
#[derive(Debug, Clone)]
pub(crate) struct Pair {
    pub(crate) sid: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl State {
    pub(crate) fn new(config: &AutharaConfig) -> Self {
        Self {
            switches: config.switches.clone(),
            users: config.users.clone(),
            sessions: HashMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            in_flight: HashSet::new(),
            attempts: Vec::new(),
            issuer: config.issuer.clone(),
            keys: vec![HmacKey::generate(config.key_id.clone())],
            dropped: HashSet::new(),
        }
    }

    pub(crate) fn reset(&mut self, config: &AutharaConfig) {
        let (keys, dropped) = (std::mem::take(&mut self.keys), std::mem::take(&mut self.dropped));
        *self = Self { keys, dropped, ..Self::new(config) };
    }

    /// By e-mail, id or username; the first one when nothing is asked.
    pub(crate) fn user_mut(&mut self, name: Option<&str>) -> Option<&mut AutharaUser> {
        match name {
            None => self.users.first_mut(),
            Some(name) => self
                .users
                .iter_mut()
                .find(|user| user.email == name || user.id == name || user.username == name),
        }
    }

    pub(crate) fn user_by_id(&self, id: &str) -> Option<&AutharaUser> {
        self.users.iter().find(|user| user.id == id)
    }

    /// The keys of today, as `kid` and base64 secret, the signing one last.
    pub(crate) fn keys(&self) -> Vec<(String, String)> {
        let live = self.keys.iter().filter(|key| !self.dropped.contains(&key.kid));
        live.map(|key| (key.kid.clone(), key.secret_base64.clone())).collect()
    }

    pub(crate) fn rotate(&mut self, keep_old: bool) -> String {
        if !keep_old {
            self.dropped.extend(self.keys.iter().map(|key| key.kid.clone()));
        }
        let kid = format!("key-{}", random::hex(&random::bytes::<4>()));
        self.keys.push(HmacKey::generate(kid.clone()));
        kid
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.keys.last().map(|key| key.sign(claims)).unwrap_or_default()
    }

    /// A new session of that user.
    pub(crate) fn sign_in(&mut self, user: &AutharaUser, now: Timestamp) -> Pair {
        let (sid, refresh) = (random::uuid(), random::token(""));
        let session = Session {
            user_id: user.id.clone(),
            current_refresh: refresh.clone(),
            refresh_until: plus(now, REFRESH_SECONDS),
            rotated_at: now,
            is_ended: false,
            is_tainted: false,
        };
        self.sessions.insert(sid.clone(), session);
        self.refresh.insert(refresh.clone(), sid.clone());
        Pair { access: self.issue_access(user, &sid, now), refresh, sid }
    }

    pub(crate) fn issue_access(&mut self, user: &AutharaUser, sid: &str, now: Timestamp) -> String {
        let until = plus(now, self.switches.access_seconds);
        let roles = if user.roles.is_empty() { Value::Null } else { json!(user.roles) };
        let mut claims = json!({
            "sub": user.id,
            "sid": sid,
            "roles": roles,
            "iss": self.issuer,
            "aud": [self.switches.audience],
            "iat": now.as_second(),
            "exp": until.as_second(),
        });
        if !self.switches.older_server {
            claims["org_id"] = user.organization.id.as_str().into();
            claims["org_role"] = user.organization.role.as_str().into();
        }
        let token = self.sign(&claims);
        let kid = self.keys.last().map(|key| key.kid.clone()).unwrap_or_default();
        self.access.insert(token.clone(), Access { sid: sid.to_owned(), until, kid });
        token
    }

    /// Whose access token this is, as `GET /user` sees it: a disabled user's still counts, an ended session's too
    /// unless the server has Redis.
    pub(crate) fn bearer_of(&self, token: &str, now: Timestamp) -> Option<&AutharaUser> {
        let access = self.access.get(token)?;
        let session = self.sessions.get(&access.sid)?;
        let is_refused = self.switches.has_redis && (session.is_ended || session.is_tainted);
        let is_good = access.until > now && !self.dropped.contains(&access.kid) && !is_refused;
        if is_good { self.user_by_id(&session.user_id) } else { None }
    }

    /// Whether the policy replaces the refresh token now.
    pub(crate) fn rotates(&self, session: &Session, now: Timestamp) -> bool {
        match self.switches.rotation {
            Rotation::Always => true,
            Rotation::Never => false,
            Rotation::Daily => plus(session.rotated_at, DAY_SECONDS) <= now,
        }
    }
}

/// A user's public members. The answer of a login has neither `roles` nor `organization`.
pub(crate) fn user_json(user: &AutharaUser) -> Value {
    json!({
        "id": user.id,
        "email": user.email,
        "username": user.username,
        "disabled": user.disabled,
        "created_at": micros(Timestamp::from_microsecond(1_767_225_600_123_456).unwrap_or(Timestamp::UNIX_EPOCH)),
    })
}
