//! Refreshes of Authara's sessions, as its server answers them.

use herald_core::{
    credential::Credential,
    error::Retry,
    secret::Digest,
    session_control::{Refreshed, SessionControl},
};
use herald_sandbox::{FaultEffect, Operation, RaceLoser, Rotation, SignedIn};
use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::harness::{Fixture, is_active};

/// What a refresh that went well gave.
struct Renewed {
    set_cookies: Vec<String>,
    expires_at: Timestamp,
    is_rotated: bool,
}

impl Renewed {
    fn value(&self, name: &str) -> &str {
        let values = self.set_cookies.iter().filter_map(|line| line.split_once(';')?.0.split_once('='));
        values
            .filter(|(other, _)| *other == name)
            .map(|(_, value)| value)
            .next_back()
            .expect("the cookie is set")
    }

    /// What a browser then sends.
    fn cookies(&self) -> String {
        let pair = |name| format!("{name}={}", self.value(name));
        format!("{}; {}", pair("authara_access"), pair("authara_refresh"))
    }
}

async fn renewed(sessions: &dyn SessionControl, cookies: &str) -> Renewed {
    match sessions.refresh(cookies).await.expect("Authara answers") {
        Refreshed::Renewed { set_cookies, expires_at, is_rotated } => Renewed {
            set_cookies: set_cookies.iter().map(|line| line.expose_secret().to_owned()).collect(),
            expires_at,
            is_rotated,
        },
        Refreshed::Refused => panic!("it should be renewed"),
    }
}

async fn is_refused(sessions: &dyn SessionControl, cookies: &str) -> bool {
    matches!(sessions.refresh(cookies).await.expect("Authara answers"), Refreshed::Refused)
}

/// A server that gives another refresh token each time, and a session on it.
fn rotating(fixture: &Fixture) -> SignedIn {
    fixture.control().authara().switch(|switches| switches.rotation = Rotation::Always);
    fixture.sign_in()
}

#[tokio::test]
async fn a_refresh_gives_the_servers_cookies_unchanged() {
    for fixture in [Fixture::remote().await, Fixture::local().await] {
        let (sessions, old) = (fixture.sessions(), fixture.sign_in());
        fixture.advance(590);
        let new = renewed(&*sessions, &old.cookie).await;
        let access = new.value("authara_access");
        assert_ne!(access, old.access_token);
        assert_eq!(
            new.set_cookies,
            [
                format!("authara_access={access}; Path=/; Max-Age=600; HttpOnly; SameSite=Lax"),
                format!(
                    "authara_refresh={}; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax",
                    old.refresh_token
                ),
            ]
        );
        assert_eq!(new.expires_at.as_second(), fixture.control().now().as_second() + 600);
        assert!(!new.is_rotated, "at most once in 24 hours");
        assert!(is_active(&*fixture.verifier(), Credential::Token(access)).await);
    }
}

#[tokio::test]
async fn a_rotated_token_is_told_and_goes_on() {
    let fixture = Fixture::remote().await;
    let (sessions, old) = (fixture.sessions(), fixture.sign_in());
    fixture.advance(86_400);
    let new = renewed(&*sessions, &old.cookie).await;
    assert!(new.is_rotated);
    assert_ne!(new.value("authara_refresh"), old.refresh_token);
    let next = renewed(&*sessions, &new.cookies()).await;
    assert!(!next.is_rotated);
    assert!(is_refused(&*sessions, &old.cookie).await, "the old one is consumed");
}

#[tokio::test]
async fn the_access_token_from_before_keeps_working() {
    let fixture = Fixture::remote().await;
    let old = rotating(&fixture);
    renewed(&*fixture.sessions(), &old.cookie).await;
    assert!(is_active(&*fixture.verifier(), Credential::Token(&old.access_token)).await);
}

#[tokio::test]
async fn a_refresh_needs_no_access_token_and_no_csrf_token() {
    let fixture = Fixture::remote().await;
    let (sessions, old) = (fixture.sessions(), fixture.sign_in());
    let token = format!("authara_refresh={}", old.refresh_token);
    for csrf in [
        String::new(),
        format!("; authara_csrf={}", old.csrf_token),
        "; authara_csrf=".to_owned(),
        "; authara_csrf=a; authara_csrf=b".to_owned(),
        "; authara_csrf=\"a b\"".to_owned(),
    ] {
        renewed(&*sessions, &format!("{token}{csrf}")).await;
    }
}

#[tokio::test]
async fn a_refresh_is_sent_once() {
    let fixture = Fixture::remote().await;
    let sessions = fixture.sessions();
    let status = |status| FaultEffect::Status { status, body: None, retry_after_seconds: Some(1) };
    for (sent, effect) in [
        status(500),
        status(503),
        status(429),
        status(403),
        FaultEffect::Reset,
        FaultEffect::Lost,
        FaultEffect::Half,
        FaultEffect::Garbage,
    ]
    .into_iter()
    .enumerate()
    {
        fixture.break_operation(Operation::Refresh, effect.clone());
        let before = u64::try_from(sent).unwrap();
        assert!(sessions.refresh(&rotating(&fixture).cookie).await.is_err(), "{effect:?}");
        assert_eq!(fixture.requests_of(Operation::Refresh), before + 1, "{effect:?}");
        fixture.control().clear_faults();
    }
}

#[tokio::test]
async fn a_refused_refresh_is_a_value() {
    let fixture = Fixture::remote().await;
    let (sessions, authara) = (fixture.sessions(), fixture.control().authara());
    assert!(is_refused(&*sessions, "authara_refresh=unknown").await);
    let ended = fixture.sign_in();
    authara.end_session(&ended.session_id).unwrap();
    assert!(is_refused(&*sessions, &ended.cookie).await, "ended");
    let old = fixture.sign_in();
    fixture.advance(1_209_600);
    assert!(is_refused(&*sessions, &old.cookie).await, "expired");
    let consumed = rotating(&fixture);
    renewed(&*sessions, &consumed.cookie).await;
    assert!(is_refused(&*sessions, &consumed.cookie).await, "consumed");
    let disabled = fixture.sign_in();
    authara.set_disabled("ivan", true).unwrap();
    assert!(is_refused(&*sessions, &disabled.cookie).await, "disabled");
    assert_eq!(fixture.requests(), 1, "only what was renewed is looked at");
}

#[tokio::test]
async fn without_exactly_one_refresh_token_nobody_is_asked() {
    let fixture = Fixture::remote().await;
    let (sessions, mine, tossed) = (fixture.sessions(), fixture.sign_in(), fixture.sign_in());
    for cookies in [
        String::new(),
        format!("authara_access={}", mine.access_token),
        "authara_refresh=".to_owned(),
        "authara_refresh=a b".to_owned(),
        format!("authara_refresh={}; {}", tossed.refresh_token, mine.cookie),
    ] {
        assert_eq!(sessions.refresh_key(&cookies), None, "{cookies}");
        assert!(is_refused(&*sessions, &cookies).await, "{cookies}");
    }
    assert_eq!(fixture.requests_of(Operation::Refresh), 0);
}

#[tokio::test]
async fn the_refresh_token_and_nothing_else_makes_two_refreshes_the_same() {
    let fixture = Fixture::remote().await;
    let sessions = fixture.sessions();
    let key = Some(Digest::of("r1"));
    for cookies in
        ["authara_refresh=r1", "theme=x; authara_refresh=r1; authara_access=a", "authara_refresh=r1 ;x=y"]
    {
        assert_eq!(sessions.refresh_key(cookies), key, "{cookies}");
    }
    assert_ne!(sessions.refresh_key("authara_refresh=r2"), key);
}

#[tokio::test]
async fn what_is_renewed_is_checked() {
    for fixture in [Fixture::remote().await, Fixture::local().await] {
        let (sessions, old) = (fixture.sessions(), rotating(&fixture));
        fixture.control().authara().switch(|switches| switches.has_redis = true);
        let won = renewed(&*sessions, &old.cookie).await;
        assert!(is_refused(&*sessions, &old.cookie).await, "reuse");
        assert!(is_refused(&*sessions, &won.cookies()).await, "a 200 with a token that the server refuses");
        assert_eq!(fixture.requests_of(Operation::Refresh), 3);
        assert_eq!(fixture.control().effects().len(), 3, "the login and two refreshes that gave tokens");
    }
}

#[tokio::test]
async fn only_a_refusal_of_the_new_token_is_one() {
    for fixture in [Fixture::remote().await, Fixture::local().await] {
        let (sessions, error) = (fixture.sessions(), json!({ "error": { "code": "unauthorized" } }));
        for (status, body) in [
            (401, error),
            (401, json!("")),
            (200, json!({ "id": "u1", "disabled": true })),
            (200, json!({ "disabled": true })),
        ] {
            fixture.answer_once(status, body.clone());
            assert!(is_refused(&*sessions, &rotating(&fixture).cookie).await, "{status} {body}");
        }
        for unreadable in [
            json!([]),
            json!({}),
            json!({ "id": 7 }),
            json!({ "id": "u1", "disabled": "yes" }),
            json!("<p>signed in</p>"),
            json!(""),
        ] {
            fixture.answer_once(200, unreadable.clone());
            let new = renewed(&*sessions, &rotating(&fixture).cookie).await;
            assert!(new.is_rotated, "{unreadable}");
        }
    }
}

#[tokio::test]
async fn a_check_that_fails_takes_no_tokens_away() {
    for fixture in [Fixture::remote().await, Fixture::local().await] {
        let sessions = fixture.sessions();
        for effect in [
            FaultEffect::Status { status: 500, body: None, retry_after_seconds: None },
            FaultEffect::Reset,
            FaultEffect::Garbage,
        ] {
            let old = rotating(&fixture);
            fixture.break_with(effect.clone());
            let new = renewed(&*sessions, &old.cookie).await;
            fixture.control().clear_faults();
            renewed(&*sessions, &new.cookies()).await;
        }
    }
}

#[tokio::test]
async fn of_a_race_one_is_renewed_and_nobody_tries_again() {
    for loser in [RaceLoser::ServerError, RaceLoser::Unauthorized] {
        let fixture = Fixture::remote().await;
        let (sessions, old) = (fixture.sessions(), rotating(&fixture));
        fixture.control().authara().switch(|switches| switches.race_loser = loser);
        let tries = (0..6).map(|_| {
            let (sessions, cookies) = (sessions.clone(), old.cookie.clone());
            tokio::spawn(async move { sessions.refresh(&cookies).await })
        });
        let mut renewed = 0;
        for tried in tries.collect::<Vec<_>>() {
            match tried.await.unwrap() {
                Ok(Refreshed::Renewed { .. }) => renewed += 1,
                Ok(Refreshed::Refused) => {}
                Err(error) => {
                    let said = (error.retry(), error.provider_code());
                    assert_eq!(said, (Retry::OutcomeUnknown, Some("internal_error")));
                }
            }
        }
        assert_eq!((renewed, fixture.requests_of(Operation::Refresh)), (1, 6));
    }
}
