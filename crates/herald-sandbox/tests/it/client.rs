//! A client that sees what is on the wire: no redirects, no cookie jar, every `Set-Cookie` apart.

use herald_outbound::forward::{Call, ForwardError, Forwarder, JsonAnswer, Limits};
use herald_sandbox::{Provider, Sandbox, SandboxConfig};
use serde_json::Value;
use url::Url;

/// A sandbox and a client for it.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    forwarder: Forwarder,
}

/// Headers by name and value.
pub(crate) type Headers<'a> = &'a [(&'a str, &'a str)];

impl World {
    pub(crate) async fn start(config: SandboxConfig) -> Self {
        let sandbox = Sandbox::start(config).await.expect("the sandbox starts");
        Self { sandbox, forwarder: Forwarder::new(Limits::default()).expect("a client") }
    }

    pub(crate) async fn only(provider: Provider) -> Self {
        Self::start(SandboxConfig::only(provider)).await
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("{}{path}", self.sandbox.base_url())).expect("a path of the sandbox")
    }

    pub(crate) async fn try_send(&self, call: Call) -> Result<JsonAnswer, ForwardError> {
        self.forwarder.json(call).await
    }

    pub(crate) async fn get(&self, path: &str, headers: Headers<'_>) -> JsonAnswer {
        self.try_send(self.call("GET", path, headers)).await.expect("an answer")
    }

    pub(crate) async fn post(&self, path: &str, body: &Value, headers: Headers<'_>) -> JsonAnswer {
        self.try_send(self.call("POST", path, headers).json(body)).await.expect("an answer")
    }

    pub(crate) async fn form(&self, path: &str, body: &str, headers: Headers<'_>) -> JsonAnswer {
        let call = self.call("POST", path, headers);
        let call = call.body("application/x-www-form-urlencoded", body.to_owned());
        self.try_send(call).await.expect("an answer")
    }

    pub(crate) async fn send(&self, method: &str, path: &str, body: &Value) -> JsonAnswer {
        self.try_send(self.call(method, path, &[]).json(body)).await.expect("an answer")
    }

    /// The body as text.
    pub(crate) async fn text(&self, path: &str, headers: Headers<'_>) -> (u16, String) {
        let answer = self.forwarder.send(self.call("GET", path, headers)).await.expect("an answer");
        let status = answer.status;
        let bytes = answer.bytes().await.expect("a body");
        (status, String::from_utf8(bytes.to_vec()).expect("UTF-8"))
    }

    pub(crate) fn call(&self, method: &str, path: &str, headers: Headers<'_>) -> Call {
        let mut call = Call::new(method, self.url(path));
        for (name, value) in headers {
            call = call.header(name, value);
        }
        call
    }
}

/// Every `Set-Cookie` in order.
pub(crate) fn set_cookies(answer: &JsonAnswer) -> Vec<String> {
    answer
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .map(|(_, value)| String::from_utf8(value.clone()).expect("ASCII"))
        .collect()
}

/// The value of one cookie in the `Set-Cookie` headers.
pub(crate) fn cookie_value(answer: &JsonAnswer, name: &str) -> Option<String> {
    set_cookies(answer).iter().find_map(|line| {
        let (key, value) = line.split(';').next()?.split_once('=')?;
        (key == name).then(|| value.to_owned())
    })
}

/// One parameter of an address.
pub(crate) fn param(address: &str, name: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    url.query_pairs().find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}
