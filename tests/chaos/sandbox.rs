//! How a cell asks and tells the sandbox.

use std::collections::HashMap;

use reqwest::Method;
use serde_json::Value;

use crate::world::World;

impl World {
    /// Asks or tells the sandbox.
    pub(crate) async fn control(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        control(&self.http, &self.sandbox_url, method, path, body).await
    }

    /// Lets a fault, or a delay, happen to sends.
    pub(crate) async fn inject(&self, mut fault: Value) {
        fault["provider"] = self.mode.provider().into();
        fault["operation"] = "send".into();
        self.control(Method::POST, "faults", Some(fault)).await;
    }

    /// How often the words of each message took effect.
    pub(crate) async fn effects(&self) -> HashMap<String, usize> {
        let path = format!("ledger?provider={}&operation=send", self.mode.provider());
        let ledger = self.control(Method::GET, &path, None).await;
        let mut effects = HashMap::new();
        for item in ledger["items"].as_array().expect("the ledger is a list") {
            *effects.entry(item["body"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
        }
        effects
    }
}

/// Asks or tells a sandbox.
pub(crate) async fn control(
    http: &reqwest::Client,
    sandbox: &str,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> Value {
    let mut request = http.request(method, format!("{sandbox}/control/{path}"));
    if let Some(body) = &body {
        request = request.json(body);
    }
    let answer = request.send().await.expect("the sandbox answers");
    let status = answer.status();
    let text = answer.text().await.expect("the answer ends");
    assert!(status.is_success(), "{path}: {status} {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}
