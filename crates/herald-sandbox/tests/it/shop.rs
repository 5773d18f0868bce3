//! The demo shop, with a stand-in for Herald that answers in the shapes of the API.

use std::collections::HashMap;

use herald_sandbox::{SandboxConfig, ShopConfig, ShopTenant};
use serde_json::{Value, json};

use crate::client::{World, set_cookies};
use crate::upstream::{Upstream, json_answer};

fn login() -> String {
    json_answer(
        201,
        &json!({ "id": "log_1", "status": "pending", "hosted_url": "http://herald.example/login/log_1", "claim_secret": "hcs_s3cret" }),
    )
}

fn claimed() -> String {
    claimed_as(&json!({ "provider": "antirius", "name": "Zoë <b>", "phone_number_verified": true }))
}

fn claimed_as(identity: &Value) -> String {
    json_answer(200, &json!({ "login_id": "log_1", "subject": "sub_1", "identity": identity }))
}

async fn world(notification: String, claim: String) -> (World, Upstream) {
    let herald = Upstream::start(HashMap::from([
        ("POST /v1/logins", login()),
        ("POST /v1/logins/log_1/claim", claim),
        ("POST /v1/notifications", notification),
    ]))
    .await;
    let tenant = ShopTenant {
        name: "Antirius & Co".to_owned(),
        tenant: "demo".to_owned(),
        api_key: "hk_demo".to_owned(),
    };
    let config = SandboxConfig {
        herald_url: Some(herald.url.clone()),
        shop: Some(ShopConfig { tenants: vec![tenant] }),
        ..SandboxConfig::default()
    };
    (World::start(config).await, herald)
}

fn cookie_of(answer: &herald_outbound::forward::JsonAnswer) -> String {
    set_cookies(answer).first().and_then(|line| line.split(';').next().map(str::to_owned)).expect("a cookie")
}

async fn sign_in(world: &World) -> String {
    let begun = world.form("/shop/sign-in", "tenant=demo", &[]).await;
    assert_eq!((begun.status, begun.header("location")), (303, Some("http://herald.example/login/log_1")));
    let cookie = cookie_of(&begun);
    let back = world.get("/shop/signed-in?login_id=log_1&code=hcc_1", &[("cookie", &cookie)]).await;
    assert_eq!((back.status, back.header("location")), (303, Some("/shop/")));
    let signed_in = cookie_of(&back);
    assert_ne!(signed_in, cookie, "a new session for a new state");
    signed_in
}

fn body_of(request: &str) -> Value {
    serde_json::from_str(request.split_once("\r\n\r\n").expect("a body").1).expect("JSON")
}

#[tokio::test]
async fn a_whole_sign_in_and_a_message_are_the_calls_of_the_api() {
    let sent = json_answer(200, &json!({ "id": "ntf_1", "status": "sent" }));
    let (world, herald) = world(sent, claimed()).await;
    let (_, page) = world.text("/shop/", &[]).await;
    assert!(page.contains("Sign in with Antirius &#38; Co"), "{page}");
    let cookie = sign_in(&world).await;
    let (_, page) = world.text("/shop/", &[("cookie", &cookie)]).await;
    assert!(page.contains("sub_1") && page.contains("Zoë &#60;b&#62;"), "{page}");
    assert!(!page.contains("hcs_s3cret"));
    assert_eq!(world.form("/shop/message", "", &[("cookie", &cookie)]).await.status, 303);
    let (_, page) = world.text("/shop/", &[("cookie", &cookie)]).await;
    assert!(page.contains("Your message is on its way."));

    let asked = herald.asked();
    assert_eq!(
        body_of(&asked[0]),
        json!({ "return_url": format!("{}/shop/signed-in", world.sandbox.base_url()) })
    );
    assert_eq!(body_of(&asked[1]), json!({ "claim_secret": "hcs_s3cret", "code": "hcc_1" }));
    assert_eq!(body_of(&asked[2])["to"], json!({ "type": "subject", "subject": "sub_1" }));
    let head = asked[2].to_ascii_lowercase();
    assert!(head.contains("\r\nprefer: wait=5\r\n") && head.contains("\r\nidempotency-key: "));
    assert!(asked.iter().all(|request| request.contains("authorization: Bearer hk_demo")));
}

#[tokio::test]
async fn another_browser_with_the_return_link_is_not_signed_in() {
    let (world, herald) = world(String::new(), claimed()).await;
    world.form("/shop/sign-in", "tenant=demo", &[]).await;
    let (status, page) = world.text("/shop/signed-in?login_id=log_1&code=hcc_1", &[]).await;
    assert_eq!(status, 400);
    assert!(page.contains("did not begin in this browser"));
    assert_eq!(herald.asked().len(), 1, "nothing was claimed");
}

#[tokio::test]
async fn a_browser_that_missed_the_answer_comes_again_and_is_signed_in_the_same() {
    let (world, herald) = world(String::new(), claimed()).await;
    let begun = cookie_of(&world.form("/shop/sign-in", "tenant=demo", &[]).await);
    let address = "/shop/signed-in?login_id=log_1&code=hcc_1";
    let first = cookie_of(&world.get(address, &[("cookie", &begun)]).await);
    let (_, page) = world.text("/shop/", &[("cookie", &begun)]).await;
    assert!(page.contains("Who are you?"), "the old cookie signs nobody in");

    let again = world.get(address, &[("cookie", &begun)]).await;
    assert_eq!(
        (again.status, again.header("location"), cookie_of(&again)),
        (303, Some("/shop/"), first.clone())
    );
    assert_eq!(body_of(&herald.asked()[1]), body_of(&herald.asked()[2]), "the same claim");
    let (_, page) = world.text("/shop/", &[("cookie", &first)]).await;
    assert!(page.contains("Hello, Zoë"), "{page}");
    assert_eq!(world.get(address, &[("cookie", &first)]).await.header("location"), Some("/shop/"));

    world.form("/shop/sign-out", "", &[("cookie", &first)]).await;
    let late = world.get(address, &[("cookie", &begun)]).await;
    assert_eq!((late.status, set_cookies(&late)), (303, vec![]), "who signed out stays so");
}

#[tokio::test]
async fn a_return_is_good_as_long_as_herald_repeats_its_answer() {
    let (world, herald) = world(String::new(), claimed()).await;
    let begun = cookie_of(&world.form("/shop/sign-in", "tenant=demo", &[]).await);
    let address = "/shop/signed-in?login_id=log_1&code=hcc_1";
    let signed_in = cookie_of(&world.get(address, &[("cookie", &begun)]).await);
    world.post("/control/clock/advance", &json!({ "seconds": 60 }), &[]).await;
    assert_eq!(world.text(address, &[("cookie", &begun)]).await.0, 400);
    let reload = world.get(address, &[("cookie", &signed_in)]).await;
    assert_eq!((reload.status, reload.header("location")), (303, Some("/shop/")));
    assert_eq!(herald.asked().len(), 2, "claimed once");
}

#[tokio::test]
async fn an_identity_is_told_in_rows_and_greeted_by_what_there_is() {
    let identity = json!({
        "preferred_username": "", "email": "anna@demo.example", "email_verified": false, "amr": ["pwd", "otp"],
        "attributes": { "roles": [], "trust_level": 3, "organization": { "name": "Acme" } },
    });
    let (world, _herald) = world(String::new(), claimed_as(&identity)).await;
    let cookie = sign_in(&world).await;
    let (_, page) = world.text("/shop/", &[("cookie", &cookie)]).await;
    assert!(page.contains("Hello, anna@demo.example"), "{page}");
    for (label, value) in [
        ("email verified", "no"),
        ("amr", "pwd, otp"),
        ("roles", "none"),
        ("trust level", "3"),
        ("organization name", "Acme"),
    ] {
        assert!(page.contains(&format!("<th scope=\"row\">{label}</th><td>{value}</td>")), "{label}: {page}");
    }
}

#[tokio::test]
async fn a_refusal_and_a_problem_are_told_kindly() {
    let problem = json!({ "code": "claim_refused", "detail": "The code is not good <here>" });
    let (world, _herald) = world(String::new(), json_answer(403, &problem)).await;
    for (query, words) in
        [("error=access_denied", "You said no"), ("code=hcc_1", "The code is not good &#60;here&#62;")]
    {
        let cookie = cookie_of(&world.form("/shop/sign-in", "tenant=demo", &[]).await);
        let (_, page) =
            world.text(&format!("/shop/signed-in?login_id=log_1&{query}"), &[("cookie", &cookie)]).await;
        assert!(page.contains(words), "{page}");
    }
}

#[tokio::test]
async fn a_provider_that_carries_no_messages_is_no_error() {
    let problem = json!({ "code": "unsupported_by_provider", "title": "…" });
    let (world, _herald) = world(json_answer(422, &problem), claimed()).await;
    let cookie = sign_in(&world).await;
    world.form("/shop/message", "", &[("cookie", &cookie)]).await;
    let (_, page) = world.text("/shop/", &[("cookie", &cookie)]).await;
    assert!(page.contains("signs people in but carries no messages"));
}
