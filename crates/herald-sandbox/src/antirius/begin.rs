//! `POST /api/v1/auth/session`: a session and its links.

use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;
use url::Url;

use super::answer::{self, Refusal};
use super::config::AntiriusConfig;
use super::state::Session;
use crate::clock::{millis, plus};
use crate::ledger::Entry;
use crate::operation::{Operation, Provider};
use crate::random;
use crate::request::header;
use crate::shared::Shared;

#[derive(Deserialize)]
struct Body {
    app_id: Option<String>,
    return_url: Option<String>,
}

#[post("/api/v1/auth/session")]
pub(crate) async fn begin(shared: web::Data<Shared>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let result = serde_json::from_slice(&body)
        .map_err(|error| Refusal::new(400, "invalid_request", error.to_string()))
        .and_then(|body: Body| {
            let config = &shared.config.antirius;
            check_app(config, body.app_id.as_deref())?;
            check_domain(config, header(&request, "origin"), "Origin")?;
            if body.return_url.is_some() {
                check_domain(config, body.return_url.as_deref(), "return_url")?;
            }
            let id = create(&shared, body.return_url.clone(), false);
            Ok(describe(&shared, &id, body.return_url.as_deref()))
        });
    answer::finish(result)
}

pub(crate) fn check_app(config: &AntiriusConfig, app_id: Option<&str>) -> Result<(), Refusal> {
    if app_id == Some(config.app_id.as_str()) {
        Ok(())
    } else {
        Err(Refusal::new(404, "app_not_found", "No such application"))
    }
}

/// An address must be on an allowed domain; an empty list allows any, but not a missing address.
pub(crate) fn check_domain(
    config: &AntiriusConfig,
    address: Option<&str>,
    what: &str,
) -> Result<(), Refusal> {
    let host = address
        .and_then(|address| Url::parse(address).ok())
        .and_then(|url| url.host_str().map(str::to_owned));
    let is_allowed =
        host.is_some_and(|host| config.allowed_domains.is_empty() || config.allowed_domains.contains(&host));
    if is_allowed {
        Ok(())
    } else {
        Err(Refusal::new(403, "domain_not_allowed", format!("{what} is not on an allowed domain")))
    }
}

pub(crate) fn create(shared: &Shared, return_url: Option<String>, is_hosted: bool) -> String {
    let now = shared.clock.now();
    let mut state = shared.antirius();
    state.counter += 1;
    let id = random::object_id(now.as_second(), state.counter);
    let session = Session {
        return_url,
        is_hosted,
        created_at: now,
        expires_at: plus(now, shared.config.antirius.session_seconds),
        opened_at: None,
        confirmed: None,
        is_cancelled: false,
        is_consumed: false,
        status_calls: 0,
        full_calls: 0,
        changed: watch::Sender::new(()),
    };
    state.sessions.insert(id.clone(), session);
    state.latest = Some(id.clone());
    drop(state);
    shared.write(&Entry::new(Provider::Antirius, Operation::Begin, &id));
    id
}

fn describe(shared: &Shared, id: &str, return_url: Option<&str>) -> Value {
    let config = &shared.config.antirius;
    let state = shared.antirius();
    let switches = &state.switches;
    let links: serde_json::Map<String, Value> = switches
        .messengers
        .iter()
        .map(|messenger| {
            let own = switches.link_overrides.get(messenger).cloned();
            (
                messenger.clone(),
                own.unwrap_or_else(|| link(shared, messenger, id, switches.local_links)).into(),
            )
        })
        .collect();
    let expires_at = state.sessions.get(id).map(|session| millis(session.expires_at));
    json!({
        "success": true,
        "session_id": switches.session_id_override.as_deref().unwrap_or(id),
        "expires_at": expires_at,
        "app_id": config.app_id,
        "redirect_url": return_url,
        "display_order": switches.messengers,
        "links": links,
        "hosted_login_url": format!("{}/login/{}", shared.base, config.app_id),
    })
}

fn link(shared: &Shared, messenger: &str, id: &str, is_local: bool) -> String {
    let config = &shared.config.antirius;
    match messenger {
        _ if is_local => format!("{}/messenger/{id}?messenger={messenger}", shared.base),
        "max" => format!("https://max.ru/{}?start={id}", config.bot),
        "whatsapp" => format!("https://wa.me/{}?text=login%20{id}", config.whatsapp_number),
        _ => format!("https://t.me/{}?start={id}", config.bot),
    }
}
