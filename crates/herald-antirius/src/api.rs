//! Every address of Antirius' that is used, and the shapes of its answers. Unknown members are ignored everywhere.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use herald_core::{
    clock::Clock,
    error::{ErrorKind, ProviderError, Retry},
    notifier::{Receipt, Recipient},
    provider::ProviderName,
    text::{Locale, MessageText},
};
use herald_outbound::{Client, ClientConfig, JwksCache, Method, OpenError, lenient};
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::Url;

use crate::{
    config::AntiriusConfig,
    error,
    poll::{Poll, Polls},
    session::SessionId,
};

const KEYS: &[&str] = &[".well-known", "jwks.json"];
/// How soon a poll that made no sense is made again.
const GARBLED: Duration = Duration::from_secs(2);

/// A session as it is created.
#[derive(Deserialize)]
pub(crate) struct Created {
    pub(crate) session_id: String,
    pub(crate) expires_at: Timestamp,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) app_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    display_order: Option<Vec<Value>>,
    pub(crate) links: BTreeMap<String, Value>,
}

impl Created {
    /// The names of the messengers in the order to show them; what is no name is left out.
    pub(crate) fn display_order(&self) -> Vec<&str> {
        self.display_order.iter().flatten().filter_map(Value::as_str).collect()
    }
}

#[derive(Serialize)]
struct Wish<'a> {
    app_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<&'a str>,
    return_url: &'a str,
}

/// What a status poll says.
#[derive(Deserialize)]
pub(crate) struct Status {
    #[serde(rename = "status")]
    pub(crate) word: String,
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) messenger_opened: Option<bool>,
    /// Not lenient: it decides.
    #[serde(default)]
    pub(crate) token_consumed: Option<bool>,
}

#[derive(Deserialize)]
struct Sent {
    success: bool,
    #[serde(default)]
    platform: Value,
    #[serde(default)]
    message_id: Value,
    #[serde(default)]
    correlation_id: Value,
}

/// Antirius over HTTP.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    client: Client,
    polls: Polls,
    app_id: Arc<str>,
    origin: Arc<str>,
}

impl Api {
    pub(crate) fn open(config: &AntiriusConfig) -> Result<Self, OpenError> {
        let client = Client::open(ClientConfig {
            provider: ProviderName::ANTIRIUS,
            base_url: config.base_url.clone(),
            timeout: config.timeout,
            max_in_flight: config.max_in_flight,
            reach: config.reach,
        })?;
        let polls = Polls::new(config.status_polls, config.max_in_flight, config.timeout);
        Ok(Self {
            client,
            polls,
            app_id: config.app_id.as_str().into(),
            origin: config.origin.as_str().into(),
        })
    }

    /// A cache of the keys that sign Antirius' tokens.
    pub(crate) fn keys(&self, clock: Arc<dyn Clock>) -> JwksCache {
        JwksCache::new(self.client.clone(), KEYS, clock)
    }

    /// Creates a session. Repeatable: a session that nobody heard of expires unseen.
    pub(crate) async fn begin(&self, locale: Option<&Locale>, back: &Url) -> Result<Created, ProviderError> {
        let wish =
            Wish { app_id: &self.app_id, locale: locale.map(Locale::as_str), return_url: back.as_str() };
        let request = self.client.repeatable("begin", Method::Post, &["api", "v1", "auth", "session"]);
        let response = request.header("origin", &self.origin).json(&wish).send().await?;
        if !response.is_success() {
            return Err(error::of_begin(&response));
        }
        let body: Map<String, Value> = response.json()?;
        if body.get("success") == Some(&Value::Bool(false)) {
            return Err(error::of_begin(&response));
        }
        let created: Created = response.json()?;
        if created.app_id.as_deref().is_some_and(|app_id| app_id != &*self.app_id) {
            return Err(response.protocol("a session of another app"));
        }
        Ok(created)
    }

    /// A poll that may be made now; `may_hold` asks for a long one.
    pub(crate) fn poll(&self, may_hold: bool) -> Poll {
        self.polls.next(may_hold)
    }

    /// Looks at a session. `None`: Antirius does not know it. Consumes nothing.
    pub(crate) async fn status(&self, id: &SessionId, poll: Poll) -> Result<Option<Status>, ProviderError> {
        let mut request = self
            .client
            .repeatable("status", Method::Get, &["api", "v1", "auth", "session", id.expose()])
            .query(&[("type", "status")]);
        if poll.pace.is_long {
            request = request.query(&[("poll", "true")]);
        }
        let response = request.timeout(poll.timeout).lane(poll.lane).send().await?;
        match response.status() {
            404 => Ok(None),
            // One garbled answer among many, a proxy's error page say, must not end a login that costs nothing to look at.
            _ if response.is_success() => response
                .json()
                .map(Some)
                .map_err(|error: ProviderError| error.with_retry(Retry::After(GARBLED))),
            _ => Err(error::of(&response)),
        }
    }

    /// Takes the token: consumes the session. Gives the whole answer, which holds a token.
    pub(crate) async fn full(&self, id: &SessionId) -> Result<Map<String, Value>, ProviderError> {
        let path = ["api", "v1", "auth", "session", id.expose()];
        let request = self.client.one_shot("full", Method::Get, &path);
        let response = request.query(&[("type", "full")]).send().await?;
        if !response.is_success() {
            return Err(error::of(&response));
        }
        let body: Map<String, Value> = response.json()?;
        let has_token = body.get("token").and_then(Value::as_str).is_some_and(|token| !token.is_empty());
        if has_token {
            return Ok(body);
        }
        let fault = |kind, retry, detail: &str| response.protocol(detail).with_kind(kind).with_retry(retry);
        if body.get("token_consumed") == Some(&Value::Bool(true)) {
            return Err(fault(ErrorKind::Consumed, Retry::Never, "the token was taken before"));
        }
        Err(match body.get("status").and_then(Value::as_str) {
            Some("pending") => {
                let soon = Retry::After(Duration::from_secs(1));
                fault(ErrorKind::Protocol, soon, "the session is pending again")
            }
            Some("expired" | "cancelled") => {
                fault(ErrorKind::InvalidGrant, Retry::Never, "the session has ended")
            }
            _ => response.protocol("neither a token nor a reason"),
        })
    }

    /// Sends a message.
    pub(crate) async fn send(
        &self,
        authorization: &SecretString,
        recipient: &Recipient,
        text: &MessageText,
    ) -> Result<Receipt, ProviderError> {
        let body = json!({ "recipient": recipient.expose(), "message": text.as_str() });
        let request = self.client.one_shot("send", Method::Post, &["api", "v1", "message", "send"]);
        let response = request.secret_header("x-authorization", authorization).json(&body).send().await?;
        if !response.is_success() {
            return Err(error::of_message(&response));
        }
        let sent: Sent = response.json()?;
        if !sent.success {
            return Err(error::of_message(&response));
        }
        Ok(Receipt {
            message_id: plain(&sent.message_id),
            request_id: plain(&sent.correlation_id),
            platform: plain(&sent.platform),
        })
    }
}

/// A short word of the provider's that reaches callers; what is none is left out.
fn plain(value: &Value) -> Option<String> {
    let word = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let is_plain = (1..=128).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_graphic());
    is_plain.then_some(word)
}
