//! Authara: refresh, its races, reuse, and logout.

use herald_outbound::forward::JsonAnswer;
use herald_sandbox::{Operation, Provider, RaceLoser, Rotation, SignedIn};
use serde_json::json;

use crate::client::{World, cookie_value, set_cookies};

async fn refresh(world: &World, csrf: &str, refresh_token: &str) -> JsonAnswer {
    let cookie = format!("authara_refresh={refresh_token}; authara_csrf={csrf}");
    let headers = [("cookie", cookie.as_str()), ("x-csrf-token", csrf)];
    world.post("/auth/api/v1/sessions/refresh?audience=app", &json!({}), &headers).await
}

async fn user_status(world: &World, access: &str) -> u16 {
    world.get("/auth/api/v1/user", &[("cookie", &format!("authara_access={access}"))]).await.status
}

async fn rotating() -> (World, SignedIn) {
    let world = World::only(Provider::Authara).await;
    world.sandbox.control().authara().switch(|switches| switches.rotation = Rotation::Always);
    let signed_in = world.sandbox.control().authara().sign_in(None).expect("a user");
    (world, signed_in)
}

fn clears_both(answer: &JsonAnswer) -> bool {
    let is_cleared =
        |line: &String| line.contains("=; Path=/; Expires=Thu, 01 Jan 1970") && line.contains("Max-Age=0");
    let lines = set_cookies(answer);
    lines.len() == 2 && lines.iter().all(is_cleared)
}

#[tokio::test]
async fn a_refresh_has_an_empty_body_and_two_cookies() {
    let world = World::only(Provider::Authara).await;
    let old = world.sandbox.control().authara().sign_in(None).expect("a user");
    let answer = refresh(&world, &old.csrf_token, &old.refresh_token).await;
    assert_eq!((answer.status, answer.header("content-length")), (200, Some("0")));
    assert_eq!(set_cookies(&answer).len(), 2);
    let same = cookie_value(&answer, "authara_refresh");
    assert_eq!(same.as_deref(), Some(old.refresh_token.as_str()), "at most one rotation in 24 hours");
    world.sandbox.control().advance(std::time::Duration::from_secs(86_400));
    let answer = refresh(&world, &old.csrf_token, &old.refresh_token).await;
    assert_ne!(cookie_value(&answer, "authara_refresh").as_deref(), Some(old.refresh_token.as_str()));
}

#[tokio::test]
async fn a_refresh_without_the_csrf_header_is_a_500() {
    let (world, old) = rotating().await;
    let answer = world.post("/auth/api/v1/sessions/refresh", &json!({}), &[("cookie", &old.cookie)]).await;
    assert_eq!(answer.status, 500);
    assert_eq!(answer.body["error"]["message"], "Response does not match the API contract.");
}

#[tokio::test]
async fn of_six_refreshes_at_once_one_wins() {
    for loser in [RaceLoser::ServerError, RaceLoser::Unauthorized] {
        let (world, old) = rotating().await;
        world.sandbox.control().authara().switch(|switches| {
            switches.race_loser = loser;
            switches.refresh_ms = 200;
        });
        let tries = (0..6).map(|_| refresh(&world, &old.csrf_token, &old.refresh_token));
        let answers = futures_util::future::join_all(tries).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
        for lost in answers.iter().filter(|answer| answer.status != 200) {
            let is_late = lost.status == 401 && clears_both(lost);
            let is_error = lost.status == 500 && lost.body["error"]["message"] == "Session error";
            assert!(is_late || is_error && loser == RaceLoser::ServerError, "{} {}", lost.status, lost.body);
        }
    }
}

#[tokio::test]
async fn a_consumed_refresh_token_is_refused_and_only_redis_notices_the_reuse() {
    for has_redis in [false, true] {
        let (world, old) = rotating().await;
        world.sandbox.control().authara().switch(|switches| switches.has_redis = has_redis);
        let won = refresh(&world, &old.csrf_token, &old.refresh_token).await;
        let access = cookie_value(&won, "authara_access").expect("a cookie");
        let current = cookie_value(&won, "authara_refresh").expect("a cookie");
        assert_eq!(user_status(&world, &old.access_token).await, 200, "the old access token lives on");
        let reuse = refresh(&world, &old.csrf_token, &old.refresh_token).await;
        assert_eq!((reuse.status, &reuse.body["error"]["message"]), (401, &json!("Invalid refresh token")));
        assert!(clears_both(&reuse));
        let expected = if has_redis { 401 } else { 200 };
        assert_eq!(user_status(&world, &access).await, expected);
        let next = refresh(&world, &old.csrf_token, &current).await;
        assert_eq!(next.status, 200, "a 200 of refresh proves nothing");
        let next_access = cookie_value(&next, "authara_access").expect("a cookie");
        assert_eq!(user_status(&world, &next_access).await, expected);
    }
}

#[tokio::test]
async fn tokens_are_refreshed_by_body_without_csrf() {
    let (world, old) = rotating().await;
    let body = json!({ "refresh_token": old.refresh_token });
    let answer = world.post("/auth/api/v1/tokens/refresh", &body, &[]).await;
    assert_eq!(answer.status, 200);
    assert_ne!(answer.body["refresh_token"], old.refresh_token.as_str());
    assert_eq!(user_status(&world, answer.body["access_token"].as_str().expect("a token")).await, 200);
}

#[tokio::test]
async fn a_logout_clears_the_cookies_and_ends_refresh_but_not_the_access_token() {
    for has_redis in [false, true] {
        let (world, old) = rotating().await;
        world.sandbox.control().authara().switch(|switches| switches.has_redis = has_redis);
        let headers = [("cookie", old.cookie.as_str()), ("x-csrf-token", old.csrf_token.as_str())];
        let answer = world.post("/auth/api/v1/sessions/logout", &json!({}), &headers).await;
        assert_eq!(answer.status, 204);
        assert!(clears_both(&answer));
        assert_eq!(refresh(&world, &old.csrf_token, &old.refresh_token).await.status, 401);
        assert_eq!(user_status(&world, &old.access_token).await, if has_redis { 401 } else { 200 });
    }
}

#[tokio::test]
async fn a_logout_goes_by_the_refresh_token_and_says_the_same_of_every_other() {
    let (world, old) = rotating().await;
    let logout = async |cookies: String| {
        let cookie = format!("{cookies}; authara_csrf={}", old.csrf_token);
        let headers = [("cookie", cookie.as_str()), ("x-csrf-token", old.csrf_token.as_str())];
        world.post("/auth/api/v1/sessions/logout", &json!({}), &headers).await
    };
    let ended = || world.sandbox.control().effects_of(Provider::Authara, Operation::Logout);
    for without in [format!("authara_access={}", old.access_token), "authara_refresh=unknown".to_owned()] {
        let answer = logout(without).await;
        assert!(answer.status == 204 && clears_both(&answer) && ended().is_empty());
    }
    for _ in 0..2 {
        assert_eq!(logout(format!("authara_refresh={}", old.refresh_token)).await.status, 204);
    }
    let ended = ended();
    assert_eq!(ended.len(), 1, "what is over does not end again");
    assert_eq!(ended[0].reference.as_deref(), Some(old.session_id.as_str()));
}

#[tokio::test]
async fn a_refresh_without_its_token_clears_nothing() {
    let (world, old) = rotating().await;
    let answer = refresh(&world, &old.csrf_token, "").await;
    assert_eq!((answer.status, &answer.body["error"]["message"]), (401, &json!("Refresh token missing")));
    assert!(set_cookies(&answer).is_empty());
}

#[tokio::test]
async fn the_ledger_says_which_session_was_refreshed() {
    let (world, old) = rotating().await;
    let control = world.sandbox.control();
    assert_eq!(refresh(&world, &old.csrf_token, &old.refresh_token).await.status, 200);
    assert_eq!(refresh(&world, &old.csrf_token, &old.refresh_token).await.status, 401);
    let sessions = |operation| -> Vec<_> {
        control.effects_of(Provider::Authara, operation).into_iter().map(|effect| effect.reference).collect()
    };
    assert_eq!(sessions(Operation::Login), [Some(old.session_id.clone())]);
    assert_eq!(sessions(Operation::Refresh), [Some(old.session_id)], "what was refused had no effect");
    assert_eq!(control.requests(Provider::Authara, Operation::Refresh), 2);
}

#[tokio::test]
async fn an_access_token_lives_as_long_as_it_is_told() {
    let world = World::only(Provider::Authara).await;
    let control = world.sandbox.control();
    control.authara().switch(|switches| switches.access_seconds = 30);
    let old = control.authara().sign_in(None).expect("a user");
    control.advance(std::time::Duration::from_secs(30));
    assert_eq!(user_status(&world, &old.access_token).await, 401);
    let answer = refresh(&world, &old.csrf_token, &old.refresh_token).await;
    assert!(set_cookies(&answer)[0].contains("; Path=/; Max-Age=30;"));
    let access = cookie_value(&answer, "authara_access").expect("a cookie");
    assert_eq!(user_status(&world, &access).await, 200);
}

#[tokio::test]
async fn older_documentation_keeps_the_refresh_cookie_below_auth() {
    let (world, old) = rotating().await;
    world.sandbox.control().authara().switch(|switches| switches.refresh_path_auth = true);
    let answer = refresh(&world, &old.csrf_token, &old.refresh_token).await;
    assert!(set_cookies(&answer).iter().any(|line| line.contains("; Path=/auth; Max-Age=1209600;")));
}
