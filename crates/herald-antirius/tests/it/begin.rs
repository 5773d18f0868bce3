//! Starting a login, and what is not taken over from a hostile answer.

use std::time::Duration;

use herald_core::{
    error::{ErrorKind, Retry},
    provider::Step,
};
use herald_sandbox::{FaultEffect, Operation};
use serde_json::json;

use crate::harness::{Bench, after, links, request, says, status, verdict};

#[tokio::test]
async fn a_login_shows_the_links_in_display_order() {
    let bench = Bench::new().await;
    bench
        .switch(|switches| switches.messengers = ["whatsapp", "telegram", "max"].map(str::to_owned).to_vec());
    let started = bench.begin().await;
    let platforms: Vec<&str> = links(&started).iter().map(|link| link.platform.as_str()).collect();
    assert_eq!(platforms, ["whatsapp", "telegram", "max"]);
    let session = bench.control().session("latest").unwrap();
    let manual = links(&started)[1].manual.as_ref().unwrap();
    assert_eq!((manual.to.as_str(), &manual.text), ("@HeraldSandboxBot", &format!("/start {}", session.id)));
    assert_eq!(session.return_url.as_deref(), Some("https://login.example/login/log_1/back"));
    assert_eq!(started.expires_in, Duration::from_secs(300));
    assert!(matches!(started.step, Step::Approve { poll_after_seconds: 2, .. }));
    assert_eq!(bench.requests(Operation::Begin), 1);
}

#[tokio::test]
async fn links_to_elsewhere_are_not_shown() {
    let bench = Bench::new().await;
    bench.switch(|switches| {
        switches.link_overrides.insert("telegram".to_owned(), "javascript:alert(1)".to_owned());
        switches.link_overrides.insert("max".to_owned(), "https://max.ru.evil.example/x".to_owned());
    });
    let started = bench.begin().await;
    assert_eq!(links(&started).len(), 1);
    assert_eq!(links(&started)[0].platform, "whatsapp");
    bench.switch(|switches| switches.messengers = vec!["telegram".to_owned(), "max".to_owned()]);
    let begun = bench.login().begin(&request()).await;
    assert_eq!(verdict(begun), (ErrorKind::Protocol, Retry::Never));
}

#[tokio::test]
async fn development_shows_links_to_the_sandbox() {
    let bench = Bench::with(|sandbox| sandbox.antirius.switches.local_links = true, |_| {}).await;
    assert_eq!(verdict(bench.login().begin(&request()).await), (ErrorKind::Protocol, Retry::Never));
    let port = bench.sandbox.url().port().unwrap();
    let mut config = bench.config.clone();
    config.link_hosts = vec![format!("127.0.0.1:{port}")];
    let antirius = herald_antirius::Antirius::open(config, bench.clock.clone()).unwrap();
    let started = antirius.identity_provider.begin(&request()).await.unwrap();
    assert_eq!(links(&started).len(), 3);
    assert!(links(&started)[0].manual.is_none());
}

#[tokio::test]
async fn an_id_that_is_none_is_not_taken_over() {
    let bench = Bench::new().await;
    for bad in [
        "../../x",
        "",
        "683F1A2B3C4D5E6F70819A2B",
        "683f1a2b3c4d5e6f70819a2",
        "683f1a2b3c4d5e6f70819a2b?type=full",
    ] {
        bench.switch(|switches| switches.session_id_override = Some(bad.to_owned()));
        assert_eq!(
            verdict(bench.login().begin(&request()).await),
            (ErrorKind::Protocol, Retry::Never),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn the_end_of_a_session_is_believed_only_as_far_as_it_makes_sense() {
    let answer = |expires_at: serde_json::Value| {
        says(json!({ "success": true, "session_id": "683f1a2b3c4d5e6f70819a2b", "expires_at": expires_at,
            "links": { "telegram": "https://t.me/b?start=683f1a2b3c4d5e6f70819a2b" } }))
    };
    let bench = Bench::new().await;
    for (said, seconds) in
        [("2026-01-02T03:05:05Z", 60), ("2026-01-02T13:05:05+10:00", 60), ("9000-01-01T00:00:00Z", 600)]
    {
        bench.breaks(Operation::Begin, answer(said.into()));
        assert_eq!(bench.begin().await.expires_in, Duration::from_secs(seconds), "{said}");
        bench.heal();
    }
    for bad in
        [json!("2026-01-02T03:04:05Z"), json!("1999-01-01T00:00:00Z"), json!("soon"), json!(1), json!(null)]
    {
        bench.breaks(Operation::Begin, answer(bad.clone()));
        assert_eq!(
            verdict(bench.login().begin(&request()).await),
            (ErrorKind::Protocol, Retry::Never),
            "{bad}"
        );
        bench.heal();
    }
}

#[tokio::test]
async fn a_session_of_another_app_is_not_taken_over() {
    let bench = Bench::new().await;
    bench.breaks(Operation::Begin, says(json!({ "success": true, "session_id": "683f1a2b3c4d5e6f70819a2b",
        "expires_at": "2026-01-02T03:05:05Z", "app_id": "000000000000000000000000", "links": { "telegram": "https://t.me/b" } })));
    assert_eq!(verdict(bench.login().begin(&request()).await), (ErrorKind::Protocol, Retry::Never));
}

#[tokio::test]
async fn a_detail_of_another_type_does_not_stop_a_login() {
    let bench = Bench::new().await;
    let links_of = json!({ "telegram": "https://t.me/b", "max": "https://max.ru/b" });
    for (name, value, expected) in [
        ("display_order", json!(["telegram", null, 7]), ["telegram", "max"]),
        ("display_order", json!("telegram"), ["max", "telegram"]),
        ("app_id", json!(7), ["max", "telegram"]),
    ] {
        let mut answer = json!({ "success": true, "session_id": "683f1a2b3c4d5e6f70819a2b",
            "expires_at": "2026-01-02T03:05:05Z", "links": links_of });
        answer[name] = value.clone();
        bench.breaks(Operation::Begin, says(answer));
        let started = bench.begin().await;
        let platforms: Vec<&str> = links(&started).iter().map(|link| link.platform.as_str()).collect();
        assert_eq!(platforms, expected, "{name} {value}");
        bench.heal();
    }
}

#[tokio::test]
async fn every_way_to_fail_has_its_kind_and_verdict() {
    let bench = Bench::new().await;
    for (effect, expected) in [
        (status(400), (ErrorKind::InvalidInput, Retry::Never)),
        (status(401), (ErrorKind::Unauthenticated, Retry::Never)),
        (status(403), (ErrorKind::Misconfigured, Retry::Never)),
        (status(404), (ErrorKind::Misconfigured, Retry::Never)),
        (status(408), (ErrorKind::Timeout, after(2))),
        (status(422), (ErrorKind::InvalidInput, Retry::Never)),
        (FaultEffect::RateLimited { retry_after_seconds: 7 }, (ErrorKind::RateLimited, after(7))),
        (status(500), (ErrorKind::Unavailable, after(2))),
        (status(503), (ErrorKind::Unavailable, after(2))),
        (status(302), (ErrorKind::Protocol, Retry::Never)),
        (says(json!({ "success": false, "code": "app_disabled" })), (ErrorKind::Misconfigured, Retry::Never)),
        (says(json!({ "success": true })), (ErrorKind::Protocol, Retry::Never)),
        (says(json!([])), (ErrorKind::Protocol, Retry::Never)),
        (FaultEffect::Garbage, (ErrorKind::Protocol, Retry::Never)),
        (FaultEffect::Reset, (ErrorKind::Unavailable, after(2))),
        (FaultEffect::Half, (ErrorKind::Protocol, after(2))),
    ] {
        bench.breaks(Operation::Begin, effect.clone());
        assert_eq!(verdict(bench.login().begin(&request()).await), expected, "{effect:?}");
        bench.heal();
    }
}

#[tokio::test]
async fn a_domain_that_is_not_allowed_is_our_configuration() {
    let bench =
        Bench::with(|sandbox| sandbox.antirius.allowed_domains = vec!["other.example".to_owned()], |_| {})
            .await;
    let error = bench.login().begin(&request()).await.unwrap_err();
    assert_eq!((error.kind(), error.provider_code()), (ErrorKind::Misconfigured, Some("domain_not_allowed")));
}

#[tokio::test]
async fn a_connection_that_cannot_work_does_not_open() {
    let bench = Bench::new().await;
    let opens = |change: fn(&mut herald_antirius::AntiriusConfig)| {
        let mut config = bench.config.clone();
        change(&mut config);
        herald_antirius::Antirius::open(config, bench.clock.clone()).is_ok()
    };
    assert!(opens(|_| {}));
    assert!(!opens(|config| config.app_id = "683F1A2B3C4D5E6F70819A2B".to_owned()));
    assert!(!opens(|config| config.issuer.clear()));
    assert!(!opens(|config| config.origin = "https://login.example/".to_owned()));
    assert!(!opens(|config| config.origin = "login.example".to_owned()));
    assert!(!opens(|config| config.link_hosts.clear()));
    assert!(!opens(|config| config.leeway = Duration::from_secs(61)));
    assert!(!opens(|config| config.status_polls = 0));
    assert!(!opens(|config| config.base_url = "ftp://id.antirius.com".parse().unwrap()));
    assert!(opens(|config| {
        config.link_hosts.clear();
        config.hosted_login = true;
    }));
}
