//! Claims killed at each point of their way, over both stores: each leaves all of itself or nothing.

use std::collections::BTreeSet;

use herald_testkit::redis_server::RedisServer;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    SITE, Tokens,
    armed::{armed, restarted},
    crash::{active_sessions, claim, id_of},
    site_in,
};
use crate::{
    browser::Browser,
    caller::Caller,
    crowd::{confirm, detached_in, start_logins},
    stack::{Stack, client, over_redis, store_section},
};

/// The points on the way, and whether a claim that is killed there is stored.
const POINTS: [(&str, bool); 3] = [("L9", false), ("L8", true), ("L10", true)];
/// Which of the claims is killed.
const CUT: usize = 1;

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_killed_at_any_point_over_a_file_is_all_there_or_not_at_all() {
    for (point, is_stored) in POINTS {
        claims(point, is_stored, None).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_killed_at_any_point_over_redis_is_all_there_or_not_at_all() {
    for (point, is_stored) in POINTS {
        claims(point, is_stored, Some(RedisServer::start())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_whose_claim_was_killed_at_any_point_over_a_file_enters_the_site_with_one_session() {
    for (point, is_stored) in POINTS {
        entries(point, is_stored, None).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_whose_claim_was_killed_at_any_point_over_redis_enters_the_site_with_one_session() {
    for (point, is_stored) in POINTS {
        entries(point, is_stored, Some(RedisServer::start())).await;
    }
}

/// Each person's login is claimed by its service; the second claim is killed.
async fn claims(point: &str, is_stored: bool, redis: Option<RedisServer>) {
    let stack = start(point, redis.as_ref(), detached_in).await;
    let (caller, http, people) = (stack.caller("antirius"), client(), people(&stack).await);
    let logins = start_logins(&stack, people.len()).await;
    confirm(&stack, logins.iter().zip(people.iter().map(Some))).await;
    let ids: Vec<&str> = logins.iter().map(id_of).collect();
    for id in &ids {
        assert_eq!(caller.wait_for_login(id).await["status"], "confirmed");
    }
    let mut answers = vec![];
    for login in &logins {
        answers.push(claim(&http, &stack.url, login).await);
    }
    assert!(are_first(&answers, CUT), "{point}: {answers:?}");

    let stack = restarted(stack);
    let stored = left_over(&caller, &ids, is_stored).await;
    let (mut sessions, mut subjects) = (BTreeSet::new(), BTreeSet::new());
    for (number, login) in logins.iter().enumerate() {
        let claimed = claim(&http, &stack.url, login).await.expect("nothing is cut any more");
        assert_eq!(claim(&http, &stack.url, login).await.as_ref(), Some(&claimed));
        assert!(answers[number].as_ref().is_none_or(|before| *before == claimed), "{claimed}");
        assert_eq!(claimed["identity"]["provider_user_id"], people[number]["id"], "{claimed}");
        let tokens = Tokens::of(&claimed["session"]);
        assert!(stored[number].as_ref().is_none_or(|stored| *stored == tokens.session), "{point}: {claimed}");
        assert_eq!(caller.verify(&tokens.access).await["subject"], claimed["subject"]);
        assert_eq!(caller.refresh(&tokens.refresh).await.session, tokens.session);
        sessions.insert(tokens.session);
        subjects.insert(claimed["subject"].to_string());
    }
    assert_eq!((sessions.len(), subjects.len()), (people.len(), people.len()), "one for each login");
    assert_eq!(active_sessions(&caller).await, sessions, "{point}: and no other");
}

/// Each person signs in at the site; the second browser's claim is killed.
async fn entries(point: &str, is_stored: bool, redis: Option<RedisServer>) {
    let stack = start(point, redis.as_ref(), |config| site_in(config, "")).await;
    let (caller, people) = (stack.caller("antirius"), people(&stack).await);
    let mut visitors = vec![];
    for (number, person) in people.iter().enumerate() {
        let visitor = Visitor::start(&stack, number).await;
        stack.tell("antirius/sessions/latest/confirm", json!({ "person": person["id"] })).await;
        assert_eq!(caller.wait_for_login(visitor.login()).await["status"], "confirmed");
        visitors.push(visitor);
    }
    let mut cookies = vec![];
    for visitor in &visitors {
        cookies.push(visitor.enter().await);
    }
    assert!(are_first(&cookies, CUT), "{point}: {cookies:?}");

    let _stack = restarted(stack);
    let ids: Vec<&str> = visitors.iter().map(Visitor::login).collect();
    let stored = left_over(&caller, &ids, is_stored).await;
    let (mut sessions, mut subjects) = (BTreeSet::new(), BTreeSet::new());
    for (number, visitor) in visitors.iter().enumerate() {
        let cookie = visitor.enter().await.expect("nothing is cut any more");
        assert_eq!(visitor.enter().await.as_ref(), Some(&cookie), "{point}: the same cookie again");
        assert!(cookies[number].as_ref().is_none_or(|before| *before == cookie), "{point}");
        assert_eq!(visitor.forward_auth(&cookie).await, 200, "{point}: it opens the site");
        let login = caller.peek(visitor.login()).await;
        let session = login["session_id"].as_str().unwrap_or_else(|| panic!("{login}")).to_owned();
        assert!(stored[number].as_ref().is_none_or(|stored| *stored == session), "{point}: {login}");
        let shown = caller.call(Method::GET, &format!("/v1/sessions/{session}"), &[], None).await.body;
        subjects.insert(shown["subject"].to_string());
        sessions.insert(session);
    }
    assert_eq!((sessions.len(), subjects.len()), (people.len(), people.len()), "one for each login");
    assert_eq!(active_sessions(&caller).await, sessions, "{point}: and no other");
}

/// One Herald that dies when the second claim passes the point.
async fn start(point: &str, redis: Option<&RedisServer>, change: impl FnOnce(&str) -> String) -> Stack {
    let stack = Stack::launch(1, |config| {
        let config = change(&config);
        redis.map_or(config.clone(), |redis| over_redis(&config, &store_section(&redis.url(), 1)))
    });
    armed(stack.await, &format!("{point}#{}", CUT + 1))
}

async fn people(stack: &Stack) -> Vec<Value> {
    let people = stack.control("antirius/persons").await["items"].as_array().unwrap().clone();
    assert!(people.len() > CUT + 1, "one before, one that is cut, and one after: {people:?}");
    people
}

/// Are these, of all in turn, the first so many and no more?
fn are_first<T>(found: &[Option<T>], count: usize) -> bool {
    found.iter().enumerate().all(|(number, found)| found.is_some() == (number < count))
}

/// The sessions that are there after the death, by login: those of the claims that were answered, that of the one that was killed
/// if it was stored, and no other.
async fn left_over(caller: &Caller, logins: &[&str], is_stored: bool) -> Vec<Option<String>> {
    let mut sessions = vec![];
    for id in logins {
        let login = caller.peek(id).await;
        let session = login["session_id"].as_str().map(str::to_owned);
        assert_eq!(login["status"], if session.is_some() { "claimed" } else { "confirmed" }, "{login}");
        sessions.push(session);
    }
    assert!(are_first(&sessions, CUT + usize::from(is_stored)), "{sessions:?}");
    assert_eq!(active_sessions(caller).await, sessions.iter().flatten().cloned().collect());
    sessions
}

/// A browser on its way into the site, whose proxy the test plays.
#[derive(Clone)]
struct Visitor {
    browser: Browser,
    herald: String,
    /// Where the person wants to go.
    wanted: String,
    /// Where they wait for their login: the address of a page of Herald's at the site.
    page: String,
}

impl Visitor {
    /// Wants to see a page of the site, and is shown the page of a login.
    async fn start(stack: &Stack, number: usize) -> Self {
        let (path, herald) = (format!("/orders/{number}"), stack.url.clone());
        let page = format!("{SITE}/.herald/start?rd={path}");
        let mut new = Self { browser: Browser::new(), herald, wanted: format!("{SITE}{path}"), page };
        new.page = new.load().await;
        new
    }

    fn login(&self) -> &str {
        self.page.split('/').find(|part| part.starts_with("log_")).expect("the page of a login")
    }

    /// Loads the page and goes on while Herald's pages follow; gives the address that this comes to.
    async fn load(&mut self) -> String {
        let mut address = self.page.clone();
        let by_proxy = |request: reqwest::RequestBuilder| {
            let host = SITE.trim_start_matches("http://");
            let request = request.header("X-Forwarded-Host", host).header("X-Forwarded-Proto", "http");
            request.header("Accept", "text/html")
        };
        while let Some(path) = address.strip_prefix(SITE).and_then(|path| path.strip_prefix("/.herald")) {
            let answer = self.browser.send(Method::GET, &format!("{}{path}", self.herald), by_proxy).await;
            let Some(location) = answer.headers().get("location") else {
                assert_eq!(answer.status(), 200, "{address}");
                break;
            };
            location.to_str().unwrap().clone_into(&mut address);
        }
        address
    }

    /// The site's cookie that the login's page gives, each time to the browser as it was before; nothing when it was cut off.
    async fn enter(&self) -> Option<String> {
        let mut tab = self.clone();
        // A browser gives up with a panic when nobody answers.
        let (came_to, tab) = tokio::spawn(async move { (tab.load().await, tab) }).await.ok()?;
        assert_eq!(came_to, self.wanted);
        Some(tab.browser.cookie(&self.herald, "herald_session").expect("the site's cookie").to_owned())
    }

    /// What the site's proxy is told of a request with this cookie.
    async fn forward_auth(&self, cookie: &str) -> u16 {
        let request = client().get(format!("{}/v1/forward-auth/nginx", self.herald));
        let request = request.header("Cookie", format!("herald_session={cookie}"));
        let request =
            request.header("X-Original-Method", "GET").header("X-Original-URL", format!("{SITE}/api"));
        request.send().await.expect("Herald answers").status().as_u16()
    }
}
