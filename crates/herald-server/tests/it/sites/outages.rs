//! Sites while something is away: nobody gets in, and nobody is told anything that is not so.

use std::sync::Arc;

use herald_core::{
    clock::SystemEntropy,
    id::SessionId,
    jwt::{Algorithm, SigningKey},
    session::SiteSecret,
};

use super::proxy::{Asked, Dialect, own_page};
use crate::{
    api::broken_store::BrokenStore,
    pages::world::{WIKI, World},
};

fn cookie() -> String {
    let secret = SiteSecret::generate(SessionId::from_u128(7), &SystemEntropy);
    format!("__Host-herald_session={}", secret.expose())
}

#[tokio::test]
async fn without_the_store_a_credential_is_neither_good_nor_bad() {
    let world = World::start_on(Some(Arc::new(BrokenStore)), |text| text).await;
    let token = SigningKey::generate(Algorithm::Es256).sign("at+jwt", &serde_json::json!({ "exp": 1 }));
    for dialect in Dialect::ALL {
        for asked in [Asked::page(WIKI).header("Cookie", cookie()), Asked::get(WIKI).bearer(&token)] {
            let answer = asked.ask(&world, dialect).await;
            assert_eq!(answer.problem(), (503, "store_unavailable".to_owned()), "{dialect:?} {asked:?}");
            assert_eq!(answer.header("retry-after"), Some("1"));
            assert!(answer.header("x-herald-subject").is_none() && !answer.body.contains("canary"));
        }
    }
}

#[tokio::test]
async fn without_the_store_nobody_is_told_that_they_are_signed_out() {
    let world = World::start_on(Some(Arc::new(BrokenStore)), |text| text).await;
    let headers = [("sec-fetch-site", "same-origin"), ("cookie", &cookie())];
    let answer = world.browser().ask("POST", &own_page(WIKI, "/logout"), &headers).await;
    assert_eq!(
        (answer.status, answer.header("set-cookie"), answer.header("retry-after")),
        (503, None, Some("5"))
    );
    assert!(
        answer.body.contains("You are still signed in") && !answer.body.contains("canary"),
        "{}",
        answer.body
    );
    // Loading it again by itself would be a GET.
    assert!(!answer.body.contains("http-equiv=\"refresh\""));
    let answer = world.browser().get(&own_page(WIKI, "/start?rd=/")).await;
    assert_eq!((answer.status, answer.header("set-cookie")), (503, None));
}

#[tokio::test]
async fn an_address_that_begins_too_many_logins_is_told_when_to_come_again() {
    let limits = "[tenants.acme]\nlimits = { logins_per_address = { limit = 2, per_seconds = 60 } }\n";
    let world = World::start_with(|text| text.replacen("[tenants.acme]\n", limits, 1)).await;
    for _ in 0..2 {
        assert_eq!(world.browser().get(&own_page(WIKI, "/start?rd=/")).await.status, 303);
    }
    let refused = world.browser().get(&own_page(WIKI, "/start?rd=/")).await;
    assert_eq!(refused.status, 429, "T6");
    assert_eq!(refused.header("ratelimit-policy"), Some("\"address\";q=2;w=60"));
    assert!(refused.header("retry-after").is_some() && refused.header("set-cookie").is_none());
    // A site of another tenant counts for itself.
    assert_eq!(world.browser().get(&own_page(crate::pages::world::FOREIGN, "/start?rd=/")).await.status, 303);
}
