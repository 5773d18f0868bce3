//! A login.

use herald_core::login::{Ending, Login, Phase};
use serde::Serialize;
use utoipa::ToSchema;

use super::{LoginStatusWord, NextStep, Time, next_step::hosted_url};

/// One attempt of one person to sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Login)]
pub struct LoginView {
    /// Its id.
    #[schema(example = "log_01h455vb4pex5vsknk084sn02q")]
    id: String,
    /// Where it is.
    status: LoginStatusWord,
    /// The provider behind the connection. An open set.
    #[schema(example = "antirius")]
    provider: String,
    /// The connection it goes through.
    #[schema(example = "main")]
    connection: String,
    /// What has to happen next.
    next: NextStep,
    /// Herald's own page, which takes the person through whatever is next.
    #[schema(format = "uri", example = "https://login.example/login/log_01h455vb4pex5vsknk084sn02q")]
    hosted_url: String,
    /// The caller's own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "cart-4711")]
    reference: Option<String>,
    /// Where the browser is sent back to.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uri", example = "https://shop.acme.example/signed-in")]
    return_url: Option<String>,
    /// When it started.
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    /// Ends the wait for the person; once confirmed, the time to claim.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
    /// When the person first did something.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    opened_at: Option<Time>,
    /// When the provider vouched for the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    confirmed_at: Option<Time>,
    /// When it was claimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    claimed_at: Option<Time>,
    /// Who it turned out to be, once it is claimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "sub_01h455vb4pex5vsknk084sn02q")]
    subject: Option<String>,
    /// The session that the claim gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ses_01h455vb4pex5vsknk084sn02q")]
    session_id: Option<String>,
    /// Why it failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<LoginFailureView>,
}

/// Why a login failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LoginFailure)]
pub struct LoginFailureView {
    /// `provider_error`, `provider_timeout`, `login_lost`, `consumed_elsewhere` or `identity_rejected`; an open set.
    #[schema(example = "provider_timeout")]
    code: String,
    /// What that means, for people.
    #[schema(example = "The provider did not answer in time.")]
    message: String,
}

impl LoginView {
    /// What its tenant sees of a login.
    pub fn of(login: &Login) -> Self {
        let terms = &login.terms;
        let (confirmed_at, claimed_at) = match &login.phase {
            Phase::Confirmed(confirmation) => (Some(confirmation.confirmed_at), None),
            Phase::Claimed { confirmation, claimed_at, .. } => {
                (Some(confirmation.confirmed_at), Some(*claimed_at))
            }
            _ => (None, None),
        };
        let (subject, session) = match &login.phase {
            Phase::Claimed { subject, grant, .. } => {
                (Some(*subject), grant.as_ref().map(|grant| grant.session))
            }
            _ => (None, None),
        };
        let failure = match &login.phase {
            Phase::Ended { ending: Ending::Failed(code), .. } => Some(*code),
            _ => None,
        };
        Self {
            id: terms.id.to_string(),
            status: login.status().into(),
            provider: terms.account.provider.as_str().to_owned(),
            connection: terms.connection.to_string(),
            next: NextStep::of(login),
            hosted_url: hosted_url(login),
            reference: terms.reference.as_ref().map(|reference| reference.as_str().to_owned()),
            return_url: terms.return_url.as_ref().map(|url| url.as_str().to_owned()),
            created_at: terms.created_at.into(),
            expires_at: login.expires_at.into(),
            opened_at: login.opened_at.map(Time),
            confirmed_at: confirmed_at.map(Time),
            claimed_at: claimed_at.map(Time),
            subject: subject.map(|subject| subject.to_string()),
            session_id: session.map(|session| session.to_string()),
            failure: failure.map(|code| LoginFailureView {
                code: code.as_str().to_owned(),
                message: code.message().to_owned(),
            }),
        }
    }
}

#[cfg(test)]
#[path = "login_tests.rs"]
mod tests;
