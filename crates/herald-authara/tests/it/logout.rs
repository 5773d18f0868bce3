//! Authara's sessions ended, and whom a browser's cookies name.

use herald_core::{
    error::{ErrorKind, Retry},
    session_control::{NamedUser, Refreshed, SessionControl},
};
use herald_sandbox::{FaultEffect, Operation, Provider};
use secrecy::ExposeSecret as _;

use crate::harness::{Fixture, IVAN};

const CLEARED: [&str; 2] = [
    "authara_access=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; SameSite=Lax",
    "authara_refresh=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; HttpOnly; SameSite=Lax",
];

async fn ended(sessions: &dyn SessionControl, cookies: &str) -> Vec<String> {
    let lines = sessions.end(cookies).await.expect("Authara answers");
    lines.iter().map(|line| line.expose_secret().to_owned()).collect()
}

fn logouts(fixture: &Fixture) -> usize {
    fixture.control().effects_of(Provider::Authara, Operation::Logout).len()
}

#[tokio::test]
async fn an_ended_session_clears_its_cookies_and_refreshes_no_more() {
    for fixture in [Fixture::remote().await, Fixture::local().await] {
        let (sessions, session) = (fixture.sessions(), fixture.sign_in());
        assert_eq!(ended(&*sessions, &session.cookie).await, CLEARED);
        assert_eq!(logouts(&fixture), 1);
        assert!(matches!(sessions.refresh(&session.cookie).await.unwrap(), Refreshed::Refused));
    }
}

#[tokio::test]
async fn ending_what_is_over_is_no_error() {
    let fixture = Fixture::remote().await;
    let (sessions, session) = (fixture.sessions(), fixture.sign_in());
    for _ in 0..2 {
        assert_eq!(ended(&*sessions, &session.cookie).await, CLEARED);
    }
    assert_eq!(logouts(&fixture), 1);
    let unauthorized = FaultEffect::Status { status: 401, body: None, retry_after_seconds: None };
    fixture.break_operation(Operation::Logout, unauthorized);
    assert!(ended(&*sessions, &session.cookie).await.is_empty());
}

#[tokio::test]
async fn a_browser_without_a_csrf_token_can_leave_too() {
    let fixture = Fixture::remote().await;
    let (sessions, session) = (fixture.sessions(), fixture.sign_in());
    let cookies = format!("theme=dark; authara_refresh={}", session.refresh_token);
    assert_eq!(ended(&*sessions, &cookies).await, CLEARED);
    assert_eq!(logouts(&fixture), 1);
}

#[tokio::test]
async fn without_a_session_nobody_is_asked() {
    let fixture = Fixture::remote().await;
    let sessions = fixture.sessions();
    for cookies in
        ["", "theme=dark; authara_csrf=x", "authara_access=; authara_refresh=", "authara_access=a b"]
    {
        assert!(ended(&*sessions, cookies).await.is_empty(), "{cookies}");
    }
    assert_eq!(fixture.requests_of(Operation::Logout), 0);
}

#[tokio::test]
async fn a_logout_that_fails_is_tried_once_and_may_be_asked_again() {
    let fixture = Fixture::remote().await;
    let (sessions, session) = (fixture.sessions(), fixture.sign_in());
    for (tries, effect) in [
        FaultEffect::Status { status: 500, body: None, retry_after_seconds: None },
        FaultEffect::Reset,
        FaultEffect::Lost,
    ]
    .into_iter()
    .enumerate()
    {
        fixture.break_operation(Operation::Logout, effect.clone());
        let error = sessions.end(&session.cookie).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{effect:?}");
        assert!(matches!(error.retry(), Retry::After(_)), "{effect:?}");
        assert!(!format!("{error:?}").contains(&session.refresh_token));
        assert_eq!(fixture.requests_of(Operation::Logout), u64::try_from(tries).unwrap() + 1);
        fixture.control().clear_faults();
    }
    assert_eq!(ended(&*sessions, &session.cookie).await, CLEARED, "the lost one ended it already");
    assert_eq!(logouts(&fixture), 1);
}

#[tokio::test]
async fn cookies_name_the_user_of_their_one_access_token() {
    for fixture in [Fixture::remote().await, Fixture::local().await] {
        let sessions = fixture.sessions();
        let session = fixture.sign_in();
        let anna = fixture.control().authara().sign_in(Some("anna")).unwrap();
        let one = NamedUser::One(IVAN.to_owned());
        assert_eq!(sessions.named_user(&session.cookie), one);
        // Nobody checks: a token that is over, and one that somebody else signed, name their user too.
        fixture.advance(86_400);
        let forged = session.access_token.rsplit_once('.').unwrap().0;
        assert_eq!(sessions.named_user(&format!("authara_access={forged}.c2ln")), one);
        for nobody in ["", "theme=dark", "authara_access=", "authara_refresh=r1"] {
            assert_eq!(sessions.named_user(nobody), NamedUser::Nobody, "{nobody}");
        }
        let several = format!("authara_access={}; {}", anna.access_token, session.cookie);
        for unclear in [several.as_str(), "authara_access=a b", "authara_access=a.b.c", "authara_access=x"] {
            assert_eq!(sessions.named_user(unclear), NamedUser::Unclear, "{unclear}");
        }
        assert_eq!(fixture.requests(), 0);
    }
}
