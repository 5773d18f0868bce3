//! A provider that has sessions of its own with browsers, and does as it is told. Its cookie is `fake=<user>`, and
//! `fake_refresh=<token>` refreshes it.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use herald_core::{
    credential::{Credential, CredentialState, CredentialVerifier},
    error::{ErrorKind, ProviderError, Retry},
    identity::{Attributes, Profile},
    provider::ProviderName,
    secret::Digest,
    session_control::{NamedUser, Refreshed, SessionControl},
};
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::Semaphore;

/// How a scripted call ends.
#[derive(Clone, Debug)]
pub enum Says {
    /// The session goes on, with another refresh token or the same.
    Renewed {
        /// Is it another one?
        is_rotated: bool,
    },
    /// No such session.
    Refused,
    /// With an error of this verdict.
    Fails(Retry),
}

/// Verifies and refreshes what it made up itself.
pub struct FakeSessions {
    says: Mutex<VecDeque<Says>>,
    expires_at: Timestamp,
    gate: Semaphore,
    /// Calls of `verify`.
    pub verified: AtomicUsize,
    /// Calls of `refresh`.
    pub refreshed: AtomicUsize,
    /// Calls of `end`.
    pub ended: AtomicUsize,
}

impl fmt::Debug for FakeSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeSessions")
    }
}

impl FakeSessions {
    /// One whose credentials all end at this time.
    pub fn new(expires_at: Timestamp) -> Self {
        Self {
            says: Mutex::default(),
            expires_at,
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
            verified: AtomicUsize::new(0),
            refreshed: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
        }
    }

    /// The next calls of `verify` and `refresh` end like this, each once, before they go well again.
    pub fn says(&self, says: impl IntoIterator<Item = Says>) {
        self.says.lock().unwrap_or_else(PoisonError::into_inner).extend(says);
    }

    /// From now on calls wait until [`FakeSessions::let_through`].
    pub fn hold(&self) {
        self.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    /// Lets the calls that wait, and all that come, go on.
    pub fn let_through(&self) {
        self.gate.add_permits(Semaphore::MAX_PERMITS);
    }

    async fn next(&self) -> Option<Says> {
        if let Ok(permit) = self.gate.acquire().await {
            drop(permit);
        }
        self.says.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    fn fails(retry: Retry) -> ProviderError {
        ProviderError::new(&ProviderName::new("fake"), "session", ErrorKind::Unavailable, retry, "as told")
    }

    fn cookie<'a>(header: &'a str, name: &str) -> Option<&'a str> {
        header.split("; ").filter_map(|pair| pair.split_once('=')).find(|(n, _)| *n == name).map(|(_, v)| v)
    }
}

#[async_trait]
impl CredentialVerifier for FakeSessions {
    fn recognizes(&self, credential: Credential<'_>) -> bool {
        match credential {
            Credential::Token(text) => text.starts_with("fake-"),
            Credential::Cookies(text) => Self::cookie(text, "fake").is_some(),
        }
    }

    fn digest(&self, credential: Credential<'_>) -> Digest {
        match credential {
            Credential::Token(_) => credential.whole(),
            Credential::Cookies(text) => Digest::of(Self::cookie(text, "fake").unwrap_or_default()),
        }
    }

    async fn verify(&self, credential: Credential<'_>) -> Result<CredentialState, ProviderError> {
        self.verified.fetch_add(1, Ordering::SeqCst);
        match self.next().await {
            Some(Says::Fails(retry)) => return Err(Self::fails(retry)),
            Some(Says::Refused) => return Ok(CredentialState::NotActive),
            Some(Says::Renewed { .. }) | None => {}
        }
        let user = match credential {
            Credential::Token(text) => text.strip_prefix("fake-"),
            Credential::Cookies(text) => Self::cookie(text, "fake"),
        };
        let Some(user) = user else { return Ok(CredentialState::NotActive) };
        let profile = Profile {
            user_key: user.to_owned(),
            name: None,
            given_name: None,
            family_name: None,
            preferred_username: None,
            email: None,
            phone_number: None,
            amr: vec![],
            authenticated_at: Timestamp::UNIX_EPOCH,
            attributes: Attributes::default(),
        };
        Ok(CredentialState::Active {
            profile: Box::new(profile),
            expires_at: Some(self.expires_at),
            provider_session: Some(format!("session of {user}")),
        })
    }
}

#[async_trait]
impl SessionControl for FakeSessions {
    fn refresh_key(&self, cookies: &str) -> Option<Digest> {
        Self::cookie(cookies, "fake_refresh").map(Digest::of)
    }

    fn named_user(&self, cookies: &str) -> NamedUser {
        match Self::cookie(cookies, "fake") {
            None => NamedUser::Nobody,
            Some("?") => NamedUser::Unclear,
            Some(user) => NamedUser::One(user.to_owned()),
        }
    }

    async fn refresh(&self, _: &str) -> Result<Refreshed, ProviderError> {
        let number = self.refreshed.fetch_add(1, Ordering::SeqCst);
        let is_rotated = match self.next().await {
            Some(Says::Fails(retry)) => return Err(Self::fails(retry)),
            Some(Says::Refused) => return Ok(Refreshed::Refused),
            Some(Says::Renewed { is_rotated }) => is_rotated,
            None => true,
        };
        let set_cookies = vec![SecretString::from(format!("fake_refresh={number}; HttpOnly"))];
        Ok(Refreshed::Renewed { set_cookies, expires_at: self.expires_at, is_rotated })
    }

    async fn end(&self, _: &str) -> Result<Vec<SecretString>, ProviderError> {
        self.ended.fetch_add(1, Ordering::SeqCst);
        match self.next().await {
            Some(Says::Fails(retry)) => Err(Self::fails(retry)),
            _ => Ok(vec![SecretString::from("fake=; Max-Age=0")]),
        }
    }
}
