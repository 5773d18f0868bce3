//! Authara: the login page, its cookies, and who is signed in. Every assertion was measured on the real server.

use herald_outbound::forward::JsonAnswer;
use herald_sandbox::{Provider, SignedIn};
use serde_json::{Value, json};

use crate::client::{World, cookie_value, set_cookies};

const EMAIL: &str = "ivan@demo.example";

pub(crate) async fn json_login(world: &World) -> JsonAnswer {
    let csrf = world.get("/auth/api/v1/csrf", &[]).await;
    let token = csrf.body["csrf_token"].as_str().expect("a token").to_owned();
    let cookie = format!("authara_csrf={token}");
    let body = json!({ "email": EMAIL, "password": "sandbox-password" });
    let headers = [("cookie", cookie.as_str()), ("x-csrf-token", token.as_str())];
    world.post("/auth/api/v1/login?audience=app", &body, &headers).await
}

async fn user(world: &World, signed_in: &SignedIn) -> JsonAnswer {
    world.get("/auth/api/v1/user", &[("cookie", &signed_in.cookie)]).await
}

#[tokio::test]
async fn a_person_signs_in_on_the_page_and_lands_on_the_relative_path() {
    let world = World::only(Provider::Authara).await;
    let path = "/auth/login?return_to=%2Fherald%2Fcallback%2Fstaff%2Fmain%2Fst-1";
    let page = world.get(path, &[]).await;
    assert_eq!(page.status, 200);
    let csrf = cookie_value(&page, "authara_csrf").expect("a cookie");
    let lines = set_cookies(&page);
    assert!(lines.contains(&format!("authara_csrf={csrf}; Path=/; Max-Age=2592000; SameSite=Lax")));
    assert!(
        lines.iter().any(|line| line.starts_with("authara_oauth_nonce=") && line.contains("; Path=/auth;"))
    );
    let (_, html) = world.text(path, &[("cookie", &format!("authara_csrf={csrf}"))]).await;
    assert!(html.contains(&format!("name=\"csrf_token\" value=\"{csrf}\"")));

    let cookie = format!("authara_csrf={csrf}");
    let form = format!("email=ivan%40demo.example&password=sandbox-password&csrf_token={csrf}");
    assert_eq!(world.form(path, &form, &[]).await.status, 403, "without its cookie");
    let wrong = form.replace("sandbox-password", "nope");
    assert_eq!(world.form(path, &wrong, &[("cookie", &cookie)]).await.status, 401);
    let done = world.form(path, &form, &[("cookie", &cookie)]).await;
    assert_eq!((done.status, done.header("location")), (303, Some("/herald/callback/staff/main/st-1")));
    let access = cookie_value(&done, "authara_access").expect("a cookie");
    let refresh = cookie_value(&done, "authara_refresh").expect("a cookie");
    assert_eq!(refresh.len(), 43);
    assert_eq!(
        set_cookies(&done),
        [
            format!("authara_access={access}; Path=/; Max-Age=600; HttpOnly; SameSite=Lax"),
            format!("authara_refresh={refresh}; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax"),
        ]
    );
    let scripted = world.form(path, &form, &[("cookie", &cookie), ("hx-request", "true")]).await;
    assert_eq!(
        (scripted.status, scripted.header("hx-redirect")),
        (200, Some("/herald/callback/staff/main/st-1"))
    );
}

#[tokio::test]
async fn a_browser_that_is_signed_in_is_sent_on_at_once_but_never_away() {
    let world = World::only(Provider::Authara).await;
    let signed_in = world.sandbox.control().authara().sign_in(None).expect("a user");
    for (asked, location) in [
        ("%2Fa%3Fx%3D1%23y", "/a?x=1#y"),
        ("%2Fa%2F..%2Fb", "/b"),
        ("%2F%2Fevil", "/"),
        ("%2F%5Cevil", "/"),
        ("https%3A%2F%2Fevil.example", "/"),
    ] {
        let path = format!("/auth/login?return_to={asked}");
        let answer = world.get(&path, &[("cookie", &signed_in.cookie)]).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some(location)), "{asked}");
    }
}

#[tokio::test]
async fn the_json_login_answers_user_and_tokens_without_roles() {
    let world = World::only(Provider::Authara).await;
    let answer = json_login(&world).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body["access_token"].is_string() && answer.body["refresh_token"].is_string());
    let user = &answer.body["user"];
    assert_eq!(user["email"], EMAIL);
    assert!(user.get("roles").is_none() && user.get("organization").is_none());
    let no_csrf = world.post("/auth/api/v1/login", &json!({ "email": EMAIL, "password": "x" }), &[]).await;
    assert_eq!((no_csrf.status, &no_csrf.body["error"]["code"]), (403, &json!("forbidden")));
}

#[tokio::test]
async fn the_user_is_told_by_cookie_only() {
    let world = World::only(Provider::Authara).await;
    let signed_in = world.sandbox.control().authara().sign_in(None).expect("a user");
    let answer = user(&world, &signed_in).await;
    assert_eq!((answer.status, &answer.body["roles"]), (200, &json!([])));
    assert_eq!(answer.body["organization"]["role"], "member");
    let created_at = answer.body["created_at"].as_str().expect("a time");
    assert_eq!(created_at.split('.').nth(1).map(str::len), Some(7), "six digits and Z: {created_at}");
    assert!(answer.header("cache-control").is_none());
    let bearer = format!("Bearer {}", signed_in.access_token);
    let answer = world.get("/auth/api/v1/user", &[("authorization", &bearer)]).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.body, json!({ "error": { "code": "unauthorized", "message": "Unauthorized" } }));
}

#[tokio::test]
async fn the_access_token_says_roles_null_for_a_plain_user() {
    let world = World::only(Provider::Authara).await;
    let authara = world.sandbox.control().authara();
    let claims = |token: &str| -> (Value, Value) {
        let part = |index: usize| {
            use base64::Engine as _;
            let text = token.split('.').nth(index).expect("three parts");
            let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).expect("base64url");
            serde_json::from_slice(&bytes).expect("JSON")
        };
        (part(0), part(1))
    };
    let (header, plain) = claims(&authara.sign_in(None).expect("a user").access_token);
    assert_eq!(header, json!({ "alg": "HS256", "kid": "key-2026-01", "typ": "JWT" }));
    assert_eq!((&plain["roles"], &plain["aud"]), (&Value::Null, &json!(["app"])));
    assert!(plain["org_id"].is_string() && plain["org_role"] == "member" && plain["sid"].is_string());
    let (_, admin) = claims(&authara.sign_in(Some("anna")).expect("a user").access_token);
    assert_eq!(admin["roles"], json!(["authara:admin"]));
    authara.switch(|switches| switches.older_server = true);
    let older = authara.sign_in(None).expect("a user");
    let (_, old) = claims(&older.access_token);
    assert!(old.get("org_id").is_none() && old.get("org_role").is_none());
    assert!(user(&world, &older).await.body.get("organization").is_none());
}

#[tokio::test]
async fn a_disabled_user_is_told_and_sent_on_but_gets_nothing_new() {
    let world = World::only(Provider::Authara).await;
    let authara = world.sandbox.control().authara();
    let signed_in = authara.sign_in(Some(EMAIL)).expect("a user");
    authara.set_disabled(EMAIL, true).expect("a user");
    let answer = user(&world, &signed_in).await;
    assert_eq!((answer.status, &answer.body["disabled"]), (200, &json!(true)));
    assert_eq!(world.get("/auth/login?return_to=%2Fx", &[("cookie", &signed_in.cookie)]).await.status, 303);
    let refused = json_login(&world).await;
    assert_eq!((refused.status, &refused.body["error"]["code"]), (403, &json!("forbidden")));
    let headers = [("cookie", signed_in.cookie.as_str()), ("x-csrf-token", signed_in.csrf_token.as_str())];
    assert_eq!(world.post("/auth/api/v1/sessions/refresh", &json!({}), &headers).await.status, 401);
}

#[tokio::test]
async fn five_tries_a_minute_and_429_comes_without_retry_after() {
    let world = World::only(Provider::Authara).await;
    world.sandbox.control().authara().switch(|switches| switches.rate_limits = true);
    for _ in 0..5 {
        assert_eq!(json_login(&world).await.status, 200);
    }
    let limited = json_login(&world).await;
    assert_eq!((limited.status, &limited.body["error"]["code"]), (429, &json!("rate_limited")));
    assert!(limited.header("retry-after").is_none());
}

#[tokio::test]
async fn tokens_of_dropped_keys_and_of_the_past_are_refused() {
    let world = World::only(Provider::Authara).await;
    let authara = world.sandbox.control().authara();
    let signed_in = authara.sign_in(None).expect("a user");
    authara.rotate_keys(true);
    assert_eq!(user(&world, &signed_in).await.status, 200);
    authara.rotate_keys(false);
    assert_eq!(user(&world, &signed_in).await.status, 401);
    let late = authara.sign_in(None).expect("a user");
    world.sandbox.control().advance(std::time::Duration::from_secs(601));
    assert_eq!(user(&world, &late).await.status, 401);
}
