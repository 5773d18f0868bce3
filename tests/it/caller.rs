//! A service that calls Herald: it knows the API and nothing of providers.

use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

use crate::stack::client;

/// One tenant's backend.
#[derive(Clone)]
pub(crate) struct Caller {
    http: reqwest::Client,
    url: String,
    key: String,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    /// The same, byte by byte.
    pub(crate) text: String,
}

impl Caller {
    pub(crate) fn new(url: &str, key: &str) -> Self {
        Self { http: client(), url: url.to_owned(), key: key.to_owned() }
    }

    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let mut request = self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.key);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        answered(request).await
    }

    /// A form, as OAuth wants it.
    pub(crate) async fn form(&self, path: &str, members: &[(&str, &str)]) -> Answer {
        let request = self.http.post(format!("{}{path}", self.url)).bearer_auth(&self.key);
        answered(request.form(members)).await
    }

    /// Starts a login that comes back to the shop.
    pub(crate) async fn start_login(&self, return_url: &str) -> Value {
        let body = json!({ "return_url": return_url, "reference": "cart-4711" });
        let answer = self.call(Method::POST, "/v1/logins", &[], Some(&body)).await;
        assert_eq!(answer.status, 201, "{:?}", answer.body);
        answer.body
    }

    /// Waits until the person has decided.
    pub(crate) async fn wait_for_login(&self, id: &str) -> Value {
        let answer =
            self.call(Method::GET, &format!("/v1/logins/{id}"), &[("Prefer", "wait=30")], None).await;
        assert_eq!(answer.status, 200, "{:?}", answer.body);
        answer.body
    }

    pub(crate) async fn peek(&self, id: &str) -> Value {
        self.call(Method::GET, &format!("/v1/logins/{id}"), &[], None).await.body
    }

    pub(crate) async fn claim(&self, id: &str, secret: &str, code: &str) -> Answer {
        let body = json!({ "claim_secret": secret, "code": code });
        self.call(Method::POST, &format!("/v1/logins/{id}/claim"), &[], Some(&body)).await
    }

    pub(crate) async fn notify(&self, key: &str, body: &Value) -> Answer {
        let headers = [("Idempotency-Key", key), ("Prefer", "wait=30")];
        self.call(Method::POST, "/v1/notifications", &headers, Some(body)).await
    }
}

async fn answered(request: reqwest::RequestBuilder) -> Answer {
    let answer = request.send().await.expect("Herald answers");
    let (status, headers) = (answer.status(), answer.headers().clone());
    let text = answer.text().await.expect("the answer ends");
    let body =
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect("Herald speaks JSON") };
    Answer { status, headers, body, text }
}
