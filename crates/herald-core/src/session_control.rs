//! The port that keeps and ends the sessions that a provider itself has with a browser.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::{error::ProviderError, secret::Digest};

/// What came of a refresh.
#[derive(Clone, Debug)]
pub enum Refreshed {
    /// The provider's session goes on.
    Renewed {
        /// The provider's `Set-Cookie` headers, unchanged and in order: one header each, never merged.
        set_cookies: Vec<SecretString>,
        /// When the new access token ends.
        expires_at: Timestamp,
        /// Did the refresh token change? One that did must never be sent again.
        is_rotated: bool,
    },
    /// The provider knows no such session (any more), or what it gave is worthless.
    Refused,
}

/// Whom a browser's cookies name, read without checking anything: good for taking access away and for nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NamedUser {
    /// No session cookie.
    Nobody,
    /// One, and it names this user key.
    One(String),
    /// Several, or one that cannot be read.
    Unclear,
}

/// One tenant's connection to a provider that has sessions of its own with browsers.
///
/// `cookies` is the value of the browser's `Cookie` header; others' cookies in it are not looked at and not passed on.
#[async_trait]
pub trait SessionControl: fmt::Debug + Send + Sync + 'static {
    /// The digest of the refresh token among these cookies: what makes two refreshes the same. Nothing when there is none, or
    /// more than one. No IO.
    fn refresh_key(&self, cookies: &str) -> Option<Digest>;

    /// Whom these cookies name. No IO.
    fn named_user(&self, cookies: &str) -> NamedUser;

    /// Refreshes the provider's session: **one-shot**. The caller sees to it that a refresh token is sent once, whatever happens.
    ///
    /// # Behaviour
    /// - `a_refresh_is_sent_once`: at most one call that may consume the token.
    /// - `a_refused_refresh_is_a_value`: a token that the provider does not know is `Refused`.
    /// - `what_is_renewed_is_checked`: a new access token that the provider itself refuses is `Refused`.
    /// - An error that says `Retry::After` surely had no effect; of `OutcomeUnknown` and `Never` nobody can know.
    async fn refresh(&self, cookies: &str) -> Result<Refreshed, ProviderError>;

    /// Ends the provider's session, and gives its `Set-Cookie` headers unchanged. Ending what is over is no error.
    async fn end(&self, cookies: &str) -> Result<Vec<SecretString>, ProviderError>;
}
