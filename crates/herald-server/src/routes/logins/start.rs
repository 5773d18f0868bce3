//! `POST /v1/logins`.

use actix_web::{
    HttpResponse,
    http::{
        StatusCode,
        header::{ETAG, LOCATION},
    },
    post,
};
use herald_app::StartLogin;

use super::shown::Shown;
use crate::{
    extract::{Call, JsonBody, NoParameters, scope::LoginsWrite},
    openapi::problems::StartLoginProblems,
    problem::Problem,
    routes::answer::{json, render},
    views::{StartLoginRequest, StartedLogin},
};

/// Start a login.
///
/// The answer says what has to happen next, and carries the secret that claims the login. Keep the secret in the session of
/// the browser that signs in.
#[utoipa::path(
    tag = "logins",
    operation_id = "startLogin",
    request_body(content = StartLoginRequest, example = json!({
        "return_url": "https://shop.acme.example/signed-in", "locale": "en", "reference": "cart-4711",
        "client": { "ip_address": "203.0.113.7" },
    })),
    responses(
        (status = 201, description = "The login has started.", body = StartedLogin, headers(
            ("Location" = String, description = "The login's address."),
            ("ETag" = String, description = "The tag of the login as `getLogin` shows it.")
        ), example = json!({
            "id": "log_01h455vb4pex5vsknk084sn02q", "status": "pending", "provider": "antirius", "connection": "main",
            "next": { "type": "approve", "poll_after_seconds": 2, "links": [{
                "platform": "telegram", "url": "https://t.me/ShopBot?start=Zx81Qw",
                "qr_svg_url": "https://login.example/qr/mB4n7QkT2xV9cR1sL5wYpA-telegram.svg",
                "manual": { "to": "@ShopBot", "text": "/start Zx81Qw" },
            }] },
            "hosted_url": "https://login.example/login/log_01h455vb4pex5vsknk084sn02q",
            "claim_secret": "hcs_kZ3v1f0bq8mQyT7sX2dLr5uWc9aJhE4nP6iOgVtY0Rk", "reference": "cart-4711",
            "return_url": "https://shop.acme.example/signed-in", "created_at": "2026-01-02T03:04:05.678Z",
            "expires_at": "2026-01-02T03:09:05.678Z",
        })),
        StartLoginProblems,
    )
)]
#[post("/v1/logins")]
pub(super) async fn start_login(
    call: Call<LoginsWrite, NoParameters, JsonBody<StartLoginRequest>>,
) -> Result<HttpResponse, Problem> {
    let StartLoginRequest { return_url, connection, locale, reference, expires_in_seconds, client } =
        call.body.0;
    let client = client.unwrap_or_default();
    let wish = StartLogin {
        return_url,
        connection,
        locale,
        reference,
        expires_in_seconds,
        client_ip: client.ip_address,
        user_agent: client.user_agent,
    };
    let (login, secret) = call.herald.logins().start(&call.tenant, wish).await?;
    let etag = Shown::of(&login)?.etag;
    let mut response = json(StatusCode::CREATED, render(&StartedLogin::new(&login, &secret))?);
    let headers = response.headers_mut();
    headers.insert(ETAG, etag.header());
    if let Ok(location) = format!("/v1/logins/{}", login.terms.id).try_into() {
        headers.insert(LOCATION, location);
    }
    Ok(response)
}
