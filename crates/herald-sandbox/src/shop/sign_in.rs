//! Signing in at the shop: a login is started, the browser goes to Herald's page, comes back, and the login is claimed.

use actix_web::http::header::{LOCATION, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::Deserialize;

use super::browsers::Pending;
use super::herald::{self, Trouble};
use super::pages::{COOKIE, find_tenant, home_again, set_cookie, sorry};
use super::person::Person;
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
    let now = shared.clock.now();
    let pending = Pending::new(tenant.tenant.clone(), started.claim_secret, now);
    let browser_id = locked(&shared.shop).begin(cookie(&request, COOKIE), started.id, pending, now);
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
    let browser_id = cookie(&request, COOKIE).unwrap_or_default();
    // Only the browser that began here has the secret: a forwarded link signs nobody in.
    let pending = locked(&shared.shop).pending(&browser_id, login_id, shared.clock.now());
    let Some(pending) = pending else {
        let is_reload = locked(&shared.shop).person(&browser_id).is_some();
        let text = "This sign-in did not begin in this browser, or it is over.";
        return if is_reload { home_again() } else { sorry(400, "That does not fit", text) };
    };
    let (Some(tenant), Some(code)) = (find_tenant(&shared, &pending.tenant), query.code.as_deref()) else {
        return refused(query.error.as_deref());
    };
    // Whoever loads this address twice claims twice: Herald gives the same answer to the same secret and code.
    let claimed = match herald::claim(&shared, tenant, login_id, &pending.claim_secret, code).await {
        Ok(claimed) => claimed,
        Err(trouble) => return troubled(&trouble),
    };
    let person = Person::of(tenant, &claimed);
    let signed_in = locked(&shared.shop).sign_in(&browser_id, login_id, person, shared.clock.now());
    match signed_in {
        Some(new_id) => HttpResponse::SeeOther()
            .append_header((SET_COOKIE, set_cookie(&new_id)))
            .insert_header((LOCATION, "/shop/"))
            .finish(),
        None => home_again(),
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
