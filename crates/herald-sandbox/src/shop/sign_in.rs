//! Signing in at the shop: a login is started, the browser goes to Herald's page, comes back, and the login is claimed.

use actix_web::http::header::{LOCATION, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Deserialize;
use serde_json::Value;

use super::herald::{self, Trouble};
use super::pages::{COOKIE, find_tenant, home_again, set_cookie};
use super::{Browser, Pending, Person};
use crate::config::ShopTenant;
use crate::page::{self, Notice};
use crate::random;
use crate::request::cookie;
use crate::shared::{Shared, locked};

#[derive(Deserialize)]
struct SignInForm {
    tenant: String,
}

#[derive(Deserialize)]
struct Return {
    login_id: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

#[post("/shop/sign-in")]
pub(crate) async fn begin(
    shared: web::Data<Shared>,
    request: HttpRequest,
    form: web::Form<SignInForm>,
) -> HttpResponse {
    let Some(tenant) = find_tenant(&shared, &form.tenant) else {
        return sorry(404, "There is no such tenant", "The shop knows only the tenants it was started with.");
    };
    let started = match herald::start(&shared, tenant).await {
        Ok(started) => started,
        Err(trouble) => return troubled(&trouble),
    };
    let mut state = locked(&shared.shop);
    let known = cookie(&request, COOKIE).filter(|value| state.browsers.contains_key(value));
    let browser_id = known.unwrap_or_else(|| random::token(""));
    let pending = Pending { tenant: tenant.tenant.clone(), claim_secret: started.claim_secret };
    state.browsers.entry(browser_id.clone()).or_default().pending.insert(started.id, pending);
    drop(state);
    HttpResponse::SeeOther()
        .append_header((SET_COOKIE, set_cookie(&browser_id)))
        .insert_header((LOCATION, started.hosted_url))
        .finish()
}

#[get("/shop/signed-in")]
pub(crate) async fn finish(
    shared: web::Data<Shared>,
    request: HttpRequest,
    query: web::Query<Return>,
) -> HttpResponse {
    let Some(login_id) = query.login_id.as_deref() else {
        return sorry(400, "Something is missing", "This address is where Herald sends browsers back to.");
    };
    let old_id = cookie(&request, COOKIE).unwrap_or_default();
    // Only the browser that began here has the secret: a forwarded link signs nobody in.
    let pending =
        locked(&shared.shop).browsers.get_mut(&old_id).and_then(|browser| browser.pending.remove(login_id));
    let Some(Pending { tenant, claim_secret }) = pending else {
        let is_reload =
            locked(&shared.shop).browsers.get(&old_id).is_some_and(|browser| browser.person.is_some());
        let text = "This sign-in did not begin in this browser.";
        return if is_reload { home_again() } else { sorry(400, "That does not fit", text) };
    };
    let (Some(tenant), Some(code)) = (find_tenant(&shared, &tenant), query.code.as_deref()) else {
        return refused(query.error.as_deref());
    };
    match herald::claim(&shared, tenant, login_id, &claim_secret, code).await {
        Ok(claimed) => {
            let new_id = random::token("");
            let mut state = locked(&shared.shop);
            state.browsers.remove(&old_id);
            let browser = Browser { person: Some(person(tenant, &claimed)), ..Browser::default() };
            state.browsers.insert(new_id.clone(), browser);
            drop(state);
            HttpResponse::SeeOther()
                .append_header((SET_COOKIE, set_cookie(&new_id)))
                .insert_header((LOCATION, "/shop/"))
                .finish()
        }
        Err(trouble) => troubled(&trouble),
    }
}

fn person(tenant: &ShopTenant, claimed: &Value) -> Person {
    let identity = claimed.get("identity").and_then(Value::as_object);
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Person {
        tenant: tenant.tenant.clone(),
        tenant_name: tenant.name.clone(),
        subject: claimed.get("subject").map(text).unwrap_or_default(),
        name: identity.and_then(|members| members.get("name")).map(text),
        identity: identity
            .map(|members| members.iter().map(|(name, value)| (name.clone(), text(value))).collect())
            .unwrap_or_default(),
        outcome: None,
    }
}

fn refused(error: Option<&str>) -> HttpResponse {
    let text = match error {
        Some("access_denied") => "You said no. Nobody was signed in.",
        Some("login_expired") => "It took too long. Please begin again.",
        _ => "The sign-in did not work. Please begin again.",
    };
    sorry(200, "You are not signed in", text)
}

fn troubled(trouble: &Trouble) -> HttpResponse {
    tracing::info!(code = trouble.code, "Herald refused the demo shop");
    sorry(502, "Herald said no", &format!("{} ({})", trouble.text, trouble.code))
}

fn sorry(status: u16, title: &str, text: &str) -> HttpResponse {
    page::notice(status, &Notice::new("Demo shop", title, text).link("/shop/", "Back to the shop"))
}
