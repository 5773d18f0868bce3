//! The shop's pages, its message button, and its cookie.

use actix_web::http::header::{LOCATION, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use askama::Template;

use super::herald;
use super::person::Person;
use crate::config::ShopTenant;
use crate::page;
use crate::request::cookie;
use crate::shared::{Shared, locked};

/// The shop's own session of a browser; Herald knows nothing of it.
pub(super) const COOKIE: &str = "herald_demo_shop";

#[derive(Template)]
#[template(path = "shop_home.html")]
struct Home<'a> {
    tenants: &'a [ShopTenant],
    signed_in: Option<Person>,
}

/// A page that only says something, and leads back.
#[derive(Template)]
#[template(path = "shop_notice.html")]
struct Sorry<'a> {
    title: &'a str,
    text: &'a str,
}

#[get("/shop")]
pub(crate) async fn bare() -> HttpResponse {
    home_again()
}

#[get("/shop/")]
pub(crate) async fn home(shared: web::Data<Shared>, request: HttpRequest) -> HttpResponse {
    let signed_in = signed_in(&shared, &request);
    page::render(200, &Home { tenants: tenants(&shared), signed_in })
}

#[post("/shop/message")]
pub(crate) async fn message(shared: web::Data<Shared>, request: HttpRequest) -> HttpResponse {
    let person = signed_in(&shared, &request);
    let tenant = person.as_ref().and_then(|person| find_tenant(&shared, &person.tenant));
    let (Some(person), Some(tenant)) = (person, tenant) else {
        return home_again();
    };
    let outcome = match herald::notify(&shared, tenant, &person.subject).await {
        Ok(status) => match status.as_str() {
            "sent" | "delivered" => "Your message is on its way.".to_owned(),
            "queued" | "sending" => "Your message waits to be sent.".to_owned(),
            "unknown" => "Nobody can know whether your message arrived.".to_owned(),
            other => format!("Your message was not sent ({other})."),
        },
        Err(trouble) if trouble.code == "unsupported_by_provider" => {
            "This provider signs people in but carries no messages.".to_owned()
        }
        Err(trouble) if trouble.code == "recipient_unreachable" => {
            "Nothing reaches you at the moment through this provider.".to_owned()
        }
        Err(trouble) => trouble.text,
    };
    let id = cookie(&request, COOKIE).unwrap_or_default();
    if let Some(kept) = locked(&shared.shop).person_mut(&id) {
        kept.outcome = Some(outcome);
    }
    home_again()
}

#[post("/shop/sign-out")]
pub(crate) async fn sign_out(shared: web::Data<Shared>, request: HttpRequest) -> HttpResponse {
    if let Some(id) = cookie(&request, COOKIE) {
        locked(&shared.shop).sign_out(&id);
    }
    let gone = format!("{COOKIE}=; Path=/shop; Max-Age=0; HttpOnly; SameSite=Lax");
    HttpResponse::SeeOther().append_header((SET_COOKIE, gone)).insert_header((LOCATION, "/shop/")).finish()
}

pub(super) fn find_tenant<'a>(shared: &'a Shared, id: &str) -> Option<&'a ShopTenant> {
    tenants(shared).iter().find(|tenant| tenant.tenant == id)
}

pub(super) fn set_cookie(value: &str) -> String {
    format!("{COOKIE}={value}; Path=/shop; HttpOnly; SameSite=Lax")
}

pub(super) fn home_again() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, "/shop/")).finish()
}

pub(super) fn sorry(status: u16, title: &str, text: &str) -> HttpResponse {
    page::render(status, &Sorry { title, text })
}

fn signed_in(shared: &Shared, request: &HttpRequest) -> Option<Person> {
    let id = cookie(request, COOKIE)?;
    locked(&shared.shop).person(&id).cloned()
}

fn tenants(shared: &Shared) -> &[ShopTenant] {
    shared.config.shop.as_ref().map_or(&[], |shop| &shop.tenants)
}
