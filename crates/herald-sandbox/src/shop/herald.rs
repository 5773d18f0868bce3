//! The shop's three calls of Herald, the same for every tenant: start a login, claim it, send a message.

use herald_outbound::forward::{Call, JsonAnswer};
use serde_json::{Value, json};
use url::Url;

use crate::config::ShopTenant;
use crate::random;
use crate::shared::Shared;

/// What Herald said instead of yes, in words for a page.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) code: String,
    pub(super) text: String,
}

/// A login that was started.
pub(super) struct Started {
    pub(super) id: String,
    pub(super) claim_secret: String,
    pub(super) hosted_url: String,
}

pub(super) async fn start(shared: &Shared, tenant: &ShopTenant) -> Result<Started, Trouble> {
    let body = json!({ "return_url": format!("{}/shop/signed-in", shared.base) });
    let answer = post(shared, tenant, "/v1/logins", &body, &[]).await?;
    let text = |name: &str| answer.body.get(name).and_then(Value::as_str).map(str::to_owned);
    match (answer.status, text("id"), text("claim_secret"), text("hosted_url")) {
        (201, Some(id), Some(claim_secret), Some(hosted_url)) => Ok(Started { id, claim_secret, hosted_url }),
        _ => Err(trouble(&answer)),
    }
}

pub(super) async fn claim(
    shared: &Shared,
    tenant: &ShopTenant,
    login_id: &str,
    claim_secret: &str,
    code: &str,
) -> Result<Value, Trouble> {
    let body = json!({ "claim_secret": claim_secret, "code": code });
    let answer = post(shared, tenant, &format!("/v1/logins/{login_id}/claim"), &body, &[]).await?;
    if answer.status == 200 { Ok(answer.body) } else { Err(trouble(&answer)) }
}

/// Sends a text to a subject and answers its status after five seconds at most.
pub(super) async fn notify(shared: &Shared, tenant: &ShopTenant, subject: &str) -> Result<String, Trouble> {
    let body = json!({
        "to": { "type": "subject", "subject": subject },
        "message": { "type": "text", "text": "Hello from the demo shop: your parcel is here." },
    });
    let key = random::uuid();
    let headers = [("idempotency-key", key.as_str()), ("prefer", "wait=5")];
    let answer = post(shared, tenant, "/v1/notifications", &body, &headers).await?;
    match (answer.status, answer.body.get("status").and_then(Value::as_str)) {
        (200 | 202, Some(status)) => Ok(status.to_owned()),
        _ => Err(trouble(&answer)),
    }
}

async fn post(
    shared: &Shared,
    tenant: &ShopTenant,
    path: &str,
    body: &Value,
    headers: &[(&str, &str)],
) -> Result<JsonAnswer, Trouble> {
    let unreachable = |text: &str| Trouble { code: "unreachable".to_owned(), text: text.to_owned() };
    let herald = shared.config.herald_url.as_ref().map_or("", Url::as_str).trim_end_matches('/');
    let url = Url::parse(&format!("{herald}{path}"))
        .map_err(|_| unreachable("This sandbox was started without the address of a Herald."))?;
    let mut call =
        Call::new("POST", url).header("authorization", &format!("Bearer {}", tenant.api_key)).json(body);
    for (name, value) in headers {
        call = call.header(name, value);
    }
    shared.forwarder.json(call).await.map_err(|error| {
        tracing::warn!(%error, "Herald did not answer the demo shop");
        unreachable("Herald does not answer. Is it running?")
    })
}

/// A problem document in words.
fn trouble(answer: &JsonAnswer) -> Trouble {
    let text = |name: &str| answer.body.get(name).and_then(Value::as_str).map(str::to_owned);
    Trouble {
        code: text("code").unwrap_or_else(|| format!("status_{}", answer.status)),
        text: text("detail")
            .or_else(|| text("title"))
            .unwrap_or_else(|| format!("Herald answered {}.", answer.status)),
    }
}
