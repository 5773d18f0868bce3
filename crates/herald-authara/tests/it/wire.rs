//! What goes over the wire, and answers that no sandbox gives.

use std::{collections::HashMap, sync::Arc};

use herald_core::{
    error::{ErrorKind, ProviderError, Retry},
    session_control::{Refreshed, SessionControl},
};
use secrecy::ExposeSecret;

use crate::{
    harness::Fixture,
    peer::{Peer, json, with_cookies},
};

const REFRESH: &str = "POST /auth/api/v1/sessions/refresh?audience=app";
const LOGOUT: &str = "POST /auth/api/v1/sessions/logout";
const USER: &str = "GET /auth/api/v1/user";
const COOKIES: &str =
    "theme=dark; authara_access=old.old.old; authara_refresh=r1; authara_csrf=c1; __Host-x=y";

/// `{"alg":"HS256","kid":"k"}` and `{"sub":"u1","iat":5,"exp":9}`.
const ACCESS: &str = "eyJhbGciOiJIUzI1NiIsImtpZCI6ImsifQ.eyJzdWIiOiJ1MSIsImlhdCI6NSwiZXhwIjo5fQ.c2ln";

/// A server with these answers beside a user who is fine, and the sessions of an adapter on it.
async fn speaking_to(
    fixture: &Fixture,
    answers: &[(&'static str, Vec<u8>)],
) -> (Peer, Arc<dyn SessionControl>) {
    let mut all = HashMap::from([(USER, json(r#"{"id":"u1"}"#))]);
    all.extend(answers.iter().cloned());
    let peer = Peer::start(all).await;
    let mut config = fixture.config();
    config.base_url = peer.url.clone();
    let sessions = fixture.open(config).expect("the configuration is good").session_control;
    (peer, sessions)
}

async fn refreshed(cookies: &[impl AsRef<[u8]>]) -> Result<Vec<String>, ProviderError> {
    let fixture = Fixture::remote().await;
    let (_peer, sessions) = speaking_to(&fixture, &[(REFRESH, with_cookies(200, cookies))]).await;
    match sessions.refresh(COOKIES).await? {
        Refreshed::Renewed { set_cookies, .. } => {
            Ok(set_cookies.iter().map(|line| line.expose_secret().to_owned()).collect())
        }
        Refreshed::Refused => panic!("nobody refuses"),
    }
}

/// The values of one header, in order.
fn values(request: &str, name: &str) -> Vec<String> {
    let lines = request.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).collect()
}

#[tokio::test]
async fn a_refresh_sends_two_cookies_and_the_csrf_token_as_a_header() {
    let fixture = Fixture::remote().await;
    let answer = with_cookies(200, &[format!("authara_access={ACCESS}")]);
    let (peer, sessions) = speaking_to(&fixture, &[(REFRESH, answer)]).await;
    sessions.refresh(COOKIES).await.unwrap();
    let asked = peer.asked();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[0].starts_with(REFRESH));
    assert_eq!(values(&asked[0], "cookie"), ["authara_refresh=r1; authara_csrf=c1"]);
    assert_eq!(values(&asked[0], "x-csrf-token"), ["c1"]);
    assert_eq!(values(&asked[0], "content-length"), ["0"]);
    assert!(asked[1].starts_with(USER));
    assert_eq!(values(&asked[1], "cookie"), [format!("authara_access={ACCESS}")]);
}

#[tokio::test]
async fn a_csrf_token_that_is_made_up_is_the_same_in_both_places_and_new_each_time() {
    let fixture = Fixture::remote().await;
    let answer = with_cookies(200, &[format!("authara_access={ACCESS}")]);
    let (peer, sessions) = speaking_to(&fixture, &[(REFRESH, answer)]).await;
    for cookies in ["authara_refresh=r1", "authara_refresh=r1; authara_csrf=a; authara_csrf=b"] {
        sessions.refresh(cookies).await.unwrap();
    }
    let asked = peer.asked();
    let made_up: Vec<String> = asked
        .iter()
        .filter(|request| request.starts_with(REFRESH))
        .map(|request| {
            let header = values(request, "x-csrf-token").remove(0);
            assert!(header.len() >= 22, "{header}");
            assert_eq!(values(request, "cookie"), [format!("authara_refresh=r1; authara_csrf={header}")]);
            header
        })
        .collect();
    assert_eq!(made_up.len(), 2);
    assert_ne!(made_up[0], made_up[1]);
}

#[tokio::test]
async fn a_logout_sends_authara_its_own_cookies_and_no_others() {
    let fixture = Fixture::remote().await;
    let cleared = ["authara_access=; Max-Age=0", "other=1", "authara_refresh=; Max-Age=0"];
    for status in [204, 401] {
        let (peer, sessions) = speaking_to(&fixture, &[(LOGOUT, with_cookies(status, &cleared))]).await;
        let lines = sessions.end(COOKIES).await.unwrap();
        let lines: Vec<&str> = lines.iter().map(ExposeSecret::expose_secret).collect();
        assert_eq!(lines, [cleared[0], cleared[2]], "{status}");
        let asked = peer.asked();
        assert_eq!(asked.len(), 1);
        assert_eq!(
            values(&asked[0], "cookie"),
            ["authara_access=old.old.old; authara_refresh=r1; authara_csrf=c1"]
        );
        assert_eq!(values(&asked[0], "x-csrf-token"), ["c1"]);
    }
}

#[tokio::test]
async fn autharas_own_cookies_are_handed_on_to_the_letter() {
    let access = format!("authara_access={ACCESS};path=/ ; SECURE; Expires=Thu, 01 Jan 2026 00:00:00 GMT");
    let lines = [
        "authara_refresh=; Path=/auth; Max-Age=0",
        "analytics=1; Path=/",
        &access,
        "authara_refresh=r2; Path=/; HttpOnly",
        "authara_csrf=c2; Path=/",
    ];
    assert_eq!(refreshed(&lines).await.unwrap(), [lines[0], lines[2], lines[3], lines[4]]);
}

#[tokio::test]
async fn a_success_without_a_usable_pair_is_an_unclear_end() {
    let (good, refresh) = (format!("authara_access={ACCESS}"), "authara_refresh=r2");
    let latin1: &[u8] = b"authara_refresh=caf\xe9";
    let long = format!("authara_refresh={}", "r".repeat(4096));
    for lines in [
        vec![],
        vec![refresh.as_bytes()],
        vec![b"authara_access=; Max-Age=0", refresh.as_bytes()],
        vec![b"authara_access=opaque", refresh.as_bytes()],
        vec![b"authara_access=a b", refresh.as_bytes()],
        vec![good.as_bytes(), latin1],
        vec![good.as_bytes(), long.as_bytes()],
    ] {
        let error = refreshed(&lines).await.unwrap_err();
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Protocol, Retry::OutcomeUnknown), "{lines:?}");
        assert!(!format!("{error:?} {error}").contains("r2"), "{error:?}");
    }
    assert_eq!(refreshed(&[good.as_bytes()]).await.unwrap().len(), 1, "the refresh token may stay as it is");
}

#[tokio::test]
async fn what_is_renewed_does_not_print_itself() {
    let fixture = Fixture::remote().await;
    let answer = with_cookies(200, &[format!("authara_access={ACCESS}"), "authara_refresh=r2".to_owned()]);
    let (_peer, sessions) = speaking_to(&fixture, &[(REFRESH, answer)]).await;
    let refreshed = sessions.refresh(COOKIES).await.unwrap();
    assert!(matches!(refreshed, Refreshed::Renewed { is_rotated: true, .. }));
    let shown = format!("{refreshed:?}");
    assert!(!shown.contains(ACCESS) && !shown.contains("r2"), "{shown}");
}
