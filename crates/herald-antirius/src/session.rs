//! What travels from one verb to the next: a session's id, and what the one-shot call answered.

use herald_core::{
    error::ProviderError,
    provider::{Answer, Memo},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{config::is_object_id, error};

/// An id that is a secret: who knows it takes the token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct SessionId(String);

impl SessionId {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        is_object_id(text).then(|| Self(text.to_owned()))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

/// A login under way.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct LoginMemo {
    /// When it began with us; no token of it is older.
    pub(crate) begun_at: Timestamp,
    /// Known from the start, or, with hosted login, since the browser came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) session_id: Option<SessionId>,
}

impl LoginMemo {
    pub(crate) fn read(operation: &'static str, memo: &Memo) -> Result<Self, ProviderError> {
        let unusable = || error::unusable(operation, "the memo is not one of this adapter");
        let read: Self = serde_json::from_str(memo.expose()).map_err(|_| unusable())?;
        // It becomes part of an address.
        let is_good = read.session_id.as_ref().is_none_or(|id| is_object_id(id.expose()));
        if is_good { Ok(read) } else { Err(unusable()) }
    }

    pub(crate) fn write(&self) -> Memo {
        Memo::new(json!(self).to_string())
    }
}

/// What `full` answered, kept whole before anything of it is believed.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeptAnswer {
    /// When the login began with us.
    pub(crate) begun_at: Timestamp,
    /// When the answer came.
    pub(crate) received_at: Timestamp,
    /// All of it.
    pub(crate) body: Map<String, Value>,
}

impl KeptAnswer {
    pub(crate) fn read(answer: &Answer) -> Option<Self> {
        serde_json::from_str(answer.expose()).ok()
    }

    pub(crate) fn write(&self) -> Answer {
        Answer::new(json!(self).to_string())
    }
}
