//! Antara: authorize, consent, the code and the person's token.

use herald_outbound::forward::JsonAnswer;
use herald_sandbox::{AntaraConfig, Decision, Operation, Provider, SandboxConfig};
use serde_json::{Value, json};

use crate::client::{World, param};

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const CALLBACK: &str = "https://app.example/cb";

pub(crate) fn authorize_path(changes: &[(&str, Option<&str>)]) -> String {
    let client_id = AntaraConfig::default().client_id;
    let mut pairs = vec![
        ("client_id", client_id.as_str()),
        ("redirect_uri", CALLBACK),
        ("response_type", "code"),
        ("state", "st-1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("scope", "identity.read profile.basic"),
    ];
    for (name, value) in changes {
        pairs.retain(|(known, _)| known != name);
        pairs.extend(value.map(|value| (*name, value)));
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("/oauth/authorize?{query}")
}

fn code_for(world: &World, path: &str) -> String {
    let back = world.sandbox.control().antara().authorize(world.url(path).as_str(), &Decision::default());
    let back = back.expect("a good request").expect("a redirect");
    param(back.as_str(), "code").expect("a code")
}

async fn exchange(world: &World, code: &str, changes: &[(&str, Value)]) -> JsonAnswer {
    let mut body = json!({
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "client_id": world.sandbox.credentials().antara.client_id,
        "code_verifier": VERIFIER,
    });
    for (name, value) in changes {
        body[*name] = value.clone();
    }
    world.post("/oauth/token", &body, &[]).await
}

#[tokio::test]
async fn a_person_approves_on_the_consent_page_and_the_code_is_good_once() {
    let world = World::only(Provider::Antara).await;
    let path = authorize_path(&[]);
    let first = world.get(&path, &[("accept", "text/html,*/*;q=0.8")]).await;
    assert_eq!(first.status, 302);
    let consent = first.header("location").expect("a redirect").to_owned();
    let consent = consent.strip_prefix(world.sandbox.base_url()).expect("on this host").to_owned();
    assert_eq!(consent, path.replace("/oauth/authorize", "/oauth/consent"), "the same query");
    let (status, page) = world.text(&consent, &[]).await;
    assert_eq!(status, 200);
    assert!(page.contains("Herald demo") && page.contains("identity.read"));

    let answer = world.form(&consent, "decision=approve&user=xK9mNpQ2vRt7", &[]).await;
    assert_eq!(answer.status, 303);
    let back = answer.header("location").expect("a redirect").to_owned();
    assert!(back.starts_with(CALLBACK));
    assert_eq!(param(&back, "state").as_deref(), Some("st-1"));
    assert_eq!(param(&back, "iss"), None);
    let code = param(&back, "code").expect("a code");

    let token = exchange(&world, &code, &[]).await;
    assert_eq!(token.status, 200);
    assert!(token.body["meta"]["requestId"].is_string() && token.body["meta"]["issuedAt"].is_i64());
    let data = &token.body["data"];
    assert!(data["accessToken"].as_str().expect("a token").starts_with("oit_"));
    assert_eq!(data["tokenType"], "Bearer");
    assert_eq!(data["scopes"], json!(["identity.read", "profile.basic"]));
    assert_eq!(data["user"]["primarySlug"], "xK9mNpQ2vRt7");
    assert_eq!(data["user"]["displayName"], "Ivan Petrov");
    assert!(data.get("circleId").is_none());

    let again = exchange(&world, &code, &[]).await;
    assert_eq!((again.status, &again.body["error"]["code"]), (400, &json!("INVALID_GRANT")));
    assert!(again.body["requestId"].is_string());
    assert_eq!(world.sandbox.control().effects_of(Provider::Antara, Operation::Token).len(), 1);
}

#[tokio::test]
async fn a_bad_authorize_request_is_refused_with_its_code() {
    let strict = AntaraConfig { redirect_uris: vec![CALLBACK.to_owned()], ..AntaraConfig::default() };
    let world = World::start(SandboxConfig { antara: strict, ..SandboxConfig::only(Provider::Antara) }).await;
    world.sandbox.control().antara().switch(|switches| switches.strict_redirect_uris = true);
    for (changes, code) in [
        ([("client_id", Some("other"))], "INVALID_CLIENT"),
        ([("client_id", None)], "INVALID_CLIENT"),
        ([("redirect_uri", Some("https://app.example/cb/"))], "INVALID_REDIRECT"),
        ([("redirect_uri", None)], "INVALID_REDIRECT"),
        ([("response_type", Some("token"))], "UNSUPPORTED_RESPONSE_TYPE"),
        ([("code_challenge", None)], "PKCE_REQUIRED"),
        ([("code_challenge_method", Some("plain"))], "PKCE_REQUIRED"),
    ] {
        let answer = world.get(&authorize_path(&changes), &[]).await;
        assert_eq!((answer.status, &answer.body["error"]["code"]), (400, &json!(code)), "{changes:?}");
    }
    assert_eq!(world.get(&authorize_path(&[]), &[]).await.status, 302);
}

#[tokio::test]
async fn a_refusal_comes_back_as_access_denied_or_not_at_all() {
    let world = World::only(Provider::Antara).await;
    let antara = world.sandbox.control().antara();
    antara.switch(|switches| switches.iss_parameter = true);
    let url = world.url(&authorize_path(&[]));
    let back =
        antara.authorize(url.as_str(), &Decision::Refuse).expect("a good request").expect("a redirect");
    assert_eq!(param(back.as_str(), "error").as_deref(), Some("access_denied"));
    assert_eq!(param(back.as_str(), "state").as_deref(), Some("st-1"));
    assert_eq!(param(back.as_str(), "iss").as_deref(), Some(world.sandbox.base_url()));
    antara.switch(|switches| switches.silent_refusal = true);
    assert_eq!(antara.authorize(url.as_str(), &Decision::Refuse), Ok(None));
}

#[tokio::test]
async fn programs_get_metadata_or_are_told_that_a_login_is_required() {
    let world = World::only(Provider::Antara).await;
    let path = authorize_path(&[]);
    let answer = world.get(&path, &[("accept", "application/json")]).await;
    assert_eq!((answer.status, &answer.body["data"]["loginRequired"]), (401, &json!(true)));
    let portal = world.sandbox.control().antara().issue_portal_token(None).expect("a user");
    let bearer = format!("Bearer {portal}");
    let answer = world.get(&path, &[("accept", "application/json"), ("authorization", &bearer)]).await;
    assert_eq!((answer.status, &answer.body["data"]["app"]["name"]), (200, &json!("Herald demo")));
}

#[tokio::test]
async fn the_exchange_takes_json_with_the_right_verifier_only() {
    let world = World::only(Provider::Antara).await;
    let code = code_for(&world, &authorize_path(&[]));
    let form = format!("grant_type=authorization_code&code={code}");
    assert_eq!(world.form("/oauth/token", &form, &[]).await.status, 400);
    let wrong = VERIFIER.replace('d', "e");
    for (name, value) in [
        ("code_verifier", json!(wrong)),
        ("code_verifier", Value::Null),
        ("redirect_uri", json!("https://app.example/cb/")),
        ("client_id", json!("other")),
        ("grant_type", json!("refresh_token")),
        ("code", json!("nope")),
    ] {
        assert_eq!(exchange(&world, &code, &[(name, value)]).await.status, 400, "{name}");
    }
    world.sandbox.control().antara().switch(|switches| {
        switches.null_user = true;
        switches.circle_id = Some("7d1f".to_owned());
    });
    let code = code_for(&world, &authorize_path(&[]));
    let answer = exchange(&world, &code, &[]).await;
    assert_eq!(answer.body["data"]["user"], Value::Null);
    assert_eq!(answer.body["data"]["circleId"], "7d1f");
    let late = code_for(&world, &authorize_path(&[]));
    world.sandbox.control().advance(std::time::Duration::from_secs(301));
    assert_eq!(exchange(&world, &late, &[]).await.status, 400, "a code is short-lived");
}

#[tokio::test]
async fn older_routes_answer_flat_errors() {
    let world = World::only(Provider::Antara).await;
    world.sandbox.control().antara().switch(|switches| switches.flat_errors = true);
    let answer = world.get(&authorize_path(&[("client_id", None)]), &[]).await;
    assert_eq!(answer.body["code"], "INVALID_CLIENT");
    assert!(answer.body["error"].is_string() && answer.body["message"].is_string());
}

#[tokio::test]
async fn a_token_tells_who_it_is_for_until_its_circle_is_revoked() {
    let world = World::only(Provider::Antara).await;
    let antara = world.sandbox.control().antara();
    antara.switch(|switches| switches.circle_id = Some("circle-1".to_owned()));
    let oit = antara.issue_identity_token(None, None, &["identity.read"]).expect("a user");
    let bearer = format!("Bearer {oit}");
    let headers = [("authorization", bearer.as_str())];
    let answer = world.post("/auth/introspect", &json!({ "token": oit }), &[]).await;
    let data = &answer.body["data"];
    assert_eq!((&data["active"], &data["circleId"]), (&json!(true), &json!("circle-1")));
    assert_eq!(data["audience"], world.sandbox.credentials().antara.client_id.as_str());
    assert_eq!(world.get("/oauth/userinfo", &headers).await.body["data"]["primarySlug"], "xK9mNpQ2vRt7");
    assert_eq!(world.get("/auth/me", &headers).await.body["data"]["user"]["trustLevel"], "L1");
    let found = world.post("/app/v1/identity/lookup", &json!({}), &headers).await;
    assert_eq!(
        found.body["data"],
        json!({ "slug": "xK9mNpQ2vRt7", "displayAlias": "Ivan Petrov", "active": true })
    );

    antara.revoke_circle("circle-1");
    let answer = world.post("/auth/introspect", &json!({ "token": oit }), &[]).await;
    assert_eq!(answer.body["data"], json!({ "active": false }));
    assert_eq!(world.get("/oauth/userinfo", &headers).await.status, 401);
    antara.switch(|switches| switches.circle_id = None);
    let foreign = antara.issue_identity_token(None, Some("another-app"), &[]).expect("a user");
    let answer = world.post("/auth/introspect", &json!({ "token": foreign }), &[]).await;
    assert_eq!(answer.body["data"]["audience"], "another-app");
}

#[tokio::test]
async fn the_discovery_document_names_this_host() {
    let world = World::only(Provider::Antara).await;
    let answer = world.get("/.well-known/openid-configuration", &[]).await;
    assert_eq!(answer.body["issuer"], world.sandbox.base_url());
    assert_eq!(answer.body["code_challenge_methods_supported"], json!(["S256"]));
}
