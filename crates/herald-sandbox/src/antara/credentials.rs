//! The app's own `aat_`: the key exchange and its form for machine clients.

use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{self, Refusal, Reply};
use super::state::{Kind, Token};
use crate::ledger::Entry;
use crate::operation::{Operation, Provider};
use crate::request::header;
use crate::shared::Shared;

const SCOPES: [&str; 3] = ["identity.read", "messages.send", "ai.chat"];

#[derive(Deserialize)]
struct KeyBody {
    #[serde(rename = "apiKey")]
    api_key: Option<String>,
}

#[derive(Deserialize)]
struct ClientBody {
    client_id: Option<String>,
    client_secret: Option<String>,
    scopes: Option<Value>,
}

#[post("/auth/token/exchange")]
pub(crate) async fn by_key(
    shared: web::Data<Shared>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let result = answer::json_body(header(&request, "content-type"), &body).and_then(|body: KeyBody| {
        if body.api_key.as_ref() != Some(&shared.config.antara.api_key) {
            return Err(Refusal::new(401, "INVALID_API_KEY", "Unknown API key"));
        }
        Ok(issue(&shared, Operation::Exchange, &all_scopes()))
    });
    answer::finish(&shared, result)
}

#[post("/auth/client-token")]
pub(crate) async fn by_client(
    shared: web::Data<Shared>,
    request: HttpRequest,
    body: web::Bytes,
) -> HttpResponse {
    let result = answer::json_body(header(&request, "content-type"), &body).and_then(|body: ClientBody| {
        let config = &shared.config.antara;
        let is_known = body.client_id.as_ref() == Some(&config.client_id)
            && body.client_secret.as_ref() == Some(&config.api_key);
        if !is_known {
            return Err(Refusal::new(401, "INVALID_CLIENT", "Unknown client or wrong secret"));
        }
        Ok(issue(&shared, Operation::ClientToken, &narrowed(body.scopes.as_ref())?))
    });
    answer::finish(&shared, result)
}

fn issue(shared: &Shared, operation: Operation, scopes: &[String]) -> Reply {
    let config = &shared.config.antara;
    let now = shared.clock.unix();
    let mut state = shared.antara();
    let is_bare = state.switches.bare_token_exchange && operation == Operation::Exchange;
    let seconds = if is_bare { 300 } else { state.switches.app_token_seconds };
    let text = state.issue(Token {
        kind: Kind::App,
        user: None,
        audience: config.client_id.clone(),
        scopes: scopes.to_vec(),
        circle: None,
        expires: now + seconds,
    });
    drop(state);
    shared.write(&Entry::new(Provider::Antara, operation, &config.client_id));
    if is_bare {
        return Reply::Bare(200, json!({ "accessToken": text, "expiresIn": seconds }));
    }
    Reply::Data(
        200,
        json!({
            "accessToken": text,
            "tokenType": "Bearer",
            "expiresAt": now + seconds,
            "expiresIn": seconds,
            "sessionType": "app",
            "audience": config.client_id,
            "scopes": scopes,
            "app": { "appId": config.client_id, "name": config.app_name },
        }),
    )
}

fn all_scopes() -> Vec<String> {
    SCOPES.map(str::to_owned).to_vec()
}

/// An array or one spaced string; the old aliases mean the scopes of today.
fn narrowed(asked: Option<&Value>) -> Result<Vec<String>, Refusal> {
    let words: Vec<&str> = match asked {
        None | Some(Value::Null) => return Ok(all_scopes()),
        Some(Value::String(text)) => text.split_whitespace().collect(),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
        Some(_) => return Err(Refusal::new(400, "INVALID_REQUEST", "scopes must be an array")),
    };
    words
        .into_iter()
        .map(|word| match word {
            "identify" => Ok("identity.read".to_owned()),
            "message" => Ok("messages.send".to_owned()),
            word if SCOPES.contains(&word) => Ok(word.to_owned()),
            word => Err(Refusal::new(400, "INVALID_SCOPE", format!("The key does not carry {word}"))),
        })
        .collect()
}
