//! Callbacks that do belong to the browser's login, and are broken: the login fails, and the person is sent back with that.

use herald_core::login::LoginStatus;
use herald_sandbox::{Decision, Operation, Provider};
use serde_json::Value;
use url::Url;

use super::{
    browser::Browser,
    world::{HERALD, RETURN_URL, Started, World},
};
use crate::api::receiver::Receiver;

/// A bound browser that Antara's page sends back with this query and its login's state.
async fn come_back(browser: &Browser, state: &str, query: &str) -> Url {
    let page = browser.get(&format!("{HERALD}/callback/acme/antara?{query}&state={state}")).await;
    assert_eq!(page.status, 303, "{page:?}");
    page.location().expect("a way back").parse().expect("an address")
}

/// A login whose browser was sent to Antara, with its state and the code that Antara gave for it.
async fn sent(world: &World) -> (Browser, Started, String, String) {
    let (browser, started) = (world.browser(), world.login("antara").await);
    let callback = world.callback_of(&browser, &started, &Decision::default()).await;
    let callback = Url::parse(&callback).expect("an address");
    let member = |name: &str| callback.query_pairs().find(|(known, _)| known == name).expect("it is there").1;
    let (state, code) = (member("state").into_owned(), member("code").into_owned());
    (browser, started, state, code)
}

fn has_failed(back: &Url) -> bool {
    back.as_str().starts_with(RETURN_URL) && back.as_str().ends_with("&error=login_failed")
}

#[tokio::test]
async fn what_comes_back_broken_fails_the_login_and_asks_nobody() {
    let world = World::start().await;
    let issuer = world.sandbox.base_url();
    let long = format!("code={}", "a".repeat(10 * 1024));
    for (row, query) in [
        ("B47 no code", "x=1"),
        ("B47 empty code", "code="),
        ("B50 10 KiB", &long),
        ("B51 unknown error", "error=%3Cscript%3E"),
        ("B52", "CODE&error=access_denied"),
        ("B53 mismatch", "CODE&iss=https://evil.example"),
        ("B53 slash", &format!("CODE&iss={issuer}/")),
        ("B53 empty", "CODE&iss="),
        ("B53 case", &format!("CODE&iss={}", issuer.to_uppercase())),
    ] {
        let (browser, started, state, code) = sent(&world).await;
        let back = come_back(&browser, &state, &query.replace("CODE", &format!("code={code}"))).await;
        assert!(has_failed(&back), "{row}: {back}");
        assert_eq!(world.status(&started).await, LoginStatus::Failed, "{row}");
    }
    assert_eq!(world.requests(Provider::Antara, Operation::Token), 0);

    let (browser, started, state, code) = sent(&world).await;
    let back = come_back(&browser, &state, &format!("code={code}&iss={issuer}")).await;
    assert!(back.query_pairs().any(|(name, _)| name == "code"), "B53 as it should be: {back}");
    assert_eq!(world.status(&started).await, LoginStatus::Confirmed);
}

#[tokio::test]
async fn a_code_reaches_the_provider_as_it_came_and_brings_nothing_else_along() {
    let antara = Receiver::start().await;
    let base_url = antara.url().parse::<Url>().expect("an address").origin().ascii_serialization();
    let world = World::start_with(|configuration| {
        let (before, after) =
            configuration.split_once("[tenants.acme.connections.antara]").expect("it is there");
        let (_, rest) = after.split_once("is_private").expect("it is there");
        format!(
            "{before}[tenants.acme.connections.antara]\nprovider = \"antara\"\nbase_url = \"{base_url}\"\nis_private{rest}"
        )
    });
    let world = world.await;
    for (number, (row, query, code)) in [
        ("B50 escaped", "code=c%26grant_type%3Dclient_credentials", "c&grant_type=client_credentials"),
        ("B50 escaped twice", "code=c%2526grant_type%253Dx", "c%26grant_type%3Dx"),
        ("B50 beside it", "code=c&grant_type=client_credentials", "c"),
        ("B50 quoted", "code=c%22,%22grant_type%22:%22x", "c\",\"grant_type\":\"x"),
    ]
    .into_iter()
    .enumerate()
    {
        antara.answers(["400 Bad Request"]);
        let (browser, started) = (world.browser(), world.login("antara").await);
        let end = browser.follow(&started.address("/start")).await;
        let state = end.query("state").expect("a state");
        let back = come_back(&browser, &state, query).await;
        assert!(has_failed(&back), "{row}: {back}");
        let got = antara.got(number + 1).await[number].json();
        assert_eq!(
            (&got["grant_type"], &got["code"]),
            (&Value::from("authorization_code"), &Value::from(code)),
            "{row}"
        );
        let members: Vec<&String> = got.as_object().expect("an object").keys().collect();
        assert_eq!(members, ["client_id", "code", "code_verifier", "grant_type", "redirect_uri"], "{row}");
    }
}
