//! A power cut in the middle of many claims leaves all of each claim or nothing. `cut.rs` kills at each point of the way.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::Tokens;
use crate::{
    caller::Caller,
    crowd::{confirm, detached, start_logins},
    stack::client,
};

const LOGINS: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_cut_short_leaves_a_login_with_its_session_or_neither() {
    // The cut comes at once, in between, and when nearly everything is done.
    for answers_before in [1, LOGINS / 3, LOGINS - 5] {
        cut_claims(answers_before).await;
    }
}

async fn cut_claims(answers_before: usize) {
    let stack = detached().await;
    let caller = stack.caller("antirius");
    let logins = start_logins(&stack, LOGINS).await;
    let people = stack.control("antirius/persons").await["items"].as_array().unwrap().clone();
    let of_logins = || logins.iter().zip(people.iter().cycle());
    confirm(&stack, of_logins().map(|(login, person)| (login, Some(person)))).await;
    for login in &logins {
        caller.wait_for_login(id_of(login)).await;
    }

    let (http, mut claims) = (client(), JoinSet::new());
    for login in &logins {
        let (http, url, login) = (http.clone(), stack.url.clone(), login.clone());
        claims.spawn(async move { (id_of(&login).to_owned(), claim(&http, &url, &login).await) });
    }
    let mut answered = BTreeMap::new();
    while answered.len() < answers_before {
        let (id, claim) = claims.join_next().await.expect("there are more").expect("no claim panics");
        answered.extend(claim.map(|claim| (id, claim)));
    }
    let stack = stack.crash_and_restart();
    for (id, claim) in claims.join_all().await {
        answered.extend(claim.map(|claim| (id, claim)));
    }

    let mut sessions = BTreeSet::new();
    for login in &logins {
        let now = caller.peek(id_of(login)).await;
        let session = now["session_id"].as_str();
        let expected = if session.is_some() { "claimed" } else { "confirmed" };
        assert_eq!(now["status"], expected, "{now}");
        assert!(
            session.is_some() || !answered.contains_key(id_of(login)),
            "an answered claim is lost: {now}"
        );
        sessions.extend(session.map(str::to_owned));
    }
    assert_eq!(active_sessions(&caller).await, sessions, "a session for each claimed login, and no other");

    // Whoever repeats a claim gets the answer that was kept, or claims now; the tokens are good.
    let mut subjects = BTreeSet::new();
    for (login, person) in of_logins() {
        let claim = claim(&http, &stack.url, login).await.expect("nothing is cut any more");
        assert!(answered.get(id_of(login)).is_none_or(|before| *before == claim), "{claim}");
        assert_eq!(claim["identity"]["provider_user_id"], person["id"], "{claim}");
        subjects.insert((claim["subject"].to_string(), person["id"].to_string()));
        let tokens = Tokens::of(&claim["session"]);
        assert_eq!(caller.verify(&tokens.access).await["subject"], claim["subject"]);
        assert_eq!(caller.refresh(&tokens.refresh).await.session, tokens.session);
        sessions.insert(tokens.session);
    }
    assert_eq!(active_sessions(&caller).await, sessions);
    assert_eq!(sessions.len(), LOGINS, "each has one of its own");
    assert_eq!(subjects.len(), people.len(), "one subject for each person: {subjects:?}");
}

pub(super) fn id_of(login: &Value) -> &str {
    login["id"].as_str().expect("a login has an id")
}

/// The answer to a claim; nothing when it was cut off.
pub(super) async fn claim(http: &reqwest::Client, url: &str, login: &Value) -> Option<Value> {
    let (_, key) = crate::stack::TENANTS[1];
    let url = format!("{url}/v1/logins/{}/claim", id_of(login));
    let body = json!({ "claim_secret": login["claim_secret"] });
    let answer = http.post(url).bearer_auth(key).json(&body).send().await.ok()?;
    assert_eq!(answer.status(), 200);
    answer.json().await.ok()
}

/// The ids of all sessions of the tenant, page by page.
pub(super) async fn active_sessions(caller: &Caller) -> BTreeSet<String> {
    let (mut ids, mut more) = (BTreeSet::new(), String::new());
    loop {
        let page = caller.call(Method::GET, &format!("/v1/sessions?limit=30{more}"), &[], None).await.body;
        for item in page["items"].as_array().unwrap_or_else(|| panic!("{page}")) {
            assert_eq!(item["status"], "active", "{item}");
            assert!(ids.insert(item["id"].as_str().unwrap().to_owned()), "twice: {item}");
        }
        let Some(cursor) = page["next_cursor"].as_str() else { return ids };
        more = format!("&cursor={cursor}");
    }
}
