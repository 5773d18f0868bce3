//! A session, and what opens one.

use herald_core::{id::SessionId, login::SessionTokens, session::Session};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{SessionStatusWord, Time};

/// What a claimed login gave.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionView {
    /// Its id, the `sid` of its tokens.
    #[schema(example = "ses_01h455vb4pex5vsknk084sn02q")]
    id: String,
    /// Where it is.
    status: SessionStatusWord,
    /// Whose it is.
    #[schema(example = "sub_01h455vb4pex5vsknk084sn02q")]
    subject: String,
    /// The provider that vouched. An open set.
    #[schema(example = "antirius")]
    provider: String,
    /// The connection that the person signed in through.
    #[schema(example = "main")]
    connection: String,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    /// When it was last used: begun, refreshed, or seen at its site.
    #[schema(value_type = String, format = DateTime)]
    last_used_at: Time,
    /// When it ends if it is not used any more.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
    /// When it was ended, or its time was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Time>,
}

impl SessionView {
    /// What its tenant sees of a session.
    pub fn of(session: &Session, now: Timestamp) -> Self {
        Self {
            id: session.id.to_string(),
            status: if session.is_active(now) { SessionStatusWord::Active } else { SessionStatusWord::Ended },
            subject: session.subject.to_string(),
            provider: session.identity.account.provider.as_str().to_owned(),
            connection: session.identity.connection.to_string(),
            created_at: session.created_at.into(),
            last_used_at: session.last_used_at.into(),
            expires_at: session.expires_at().into(),
            ended_at: session.ended_at(now).map(Time),
        }
    }
}

/// What opens a session.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = SessionTokens)]
pub struct SessionTokensView {
    /// The session's id.
    #[schema(example = "ses_01h455vb4pex5vsknk084sn02q")]
    id: String,
    /// A JWT (RFC 9068) that anybody can check with the tenant's key set.
    #[schema(example = "eyJhbGciOiJFUzI1NiIs…")]
    access_token: String,
    /// How the access token is sent: `Bearer` (RFC 6750).
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// How long the access token is good, in seconds.
    #[schema(example = 600)]
    expires_in_seconds: u32,
    /// Gives the next tokens, once. Keep it where only you can read it.
    #[schema(example = "hrt_AYkKXayWd0u8zrMCCZqAVwAAAAGUQHZCv_46k8vn-wX5YD_iuPhW-DtM5KUC_Q1nwyGJSw")]
    refresh_token: String,
}

impl SessionTokensView {
    /// The tokens of this session.
    pub fn new(id: SessionId, tokens: &SessionTokens) -> Self {
        Self {
            id: id.to_string(),
            access_token: tokens.access_token.clone(),
            token_type: "Bearer",
            expires_in_seconds: tokens.expires_in_seconds,
            refresh_token: tokens.refresh_token.clone(),
        }
    }
}

/// How many sessions were ended.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct EndedSessions {
    /// How many were active until now.
    #[schema(example = 3)]
    pub ended_count: u64,
}
