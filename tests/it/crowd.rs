//! Many at once: nothing is redeemed twice, nobody is forgotten, and waiting costs the provider nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use futures_util::{StreamExt as _, future, stream};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{sync::Mutex, task::JoinSet};

use crate::{
    browser::Browser,
    caller::Caller,
    dice::Dice,
    journey::session_of,
    stack::{Stack, TENANTS},
    waiter::{Waiter, allow_open_files},
};

/// How many calls of one kind are under way at once, waiting aside.
const AT_ONCE: usize = 64;
/// A waiter is an open file here and another one in Herald.
const OPEN_FILES: u64 = 10_000;
/// Held by the tests with thousands of open files, so that only one of them needs them.
static ONE_CROWD: Mutex<()> = Mutex::const_new(());

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_logins_watched_by_eight_pollers_each_are_redeemed_once_and_claimed() {
    let _alone = ONE_CROWD.lock().await;
    let began = Instant::now();
    let mut dice = Dice::new();
    println!("HERALD_TEST_SEED={}", dice.seed());
    let stack = detached().await;
    let logins = start_logins(&stack, 1_000).await;
    println!("started 1,000 logins after {:.1?}", began.elapsed());
    let waiters = wait_for(&stack, &logins, 8).await;
    println!("8,000 callers wait after {:.1?}", began.elapsed());

    // Everybody says yes, in an order of their own.
    let people = stack.control("antirius/persons").await["items"].as_array().unwrap().clone();
    let decisions: Vec<(usize, &Value)> =
        dice.shuffled(logins.len()).into_iter().map(|login| (login, dice.pick(&people))).collect();
    confirm(&stack, decisions.iter().map(|(login, person)| (&logins[*login], Some(*person)))).await;
    let seen = all_answers(waiters).await;
    println!("8,000 answers after {:.1?}", began.elapsed());
    assert_eq!((seen.len(), statuses(&seen)), (8_000, BTreeSet::from(["confirmed"])));

    // Each is claimed twice at the same moment, as by a caller that lost patience, and both get the same answer.
    let caller = &stack.caller("antirius");
    let claims = stream::iter(&decisions).map(|(login, person)| {
        let login = &logins[*login];
        async move {
            let (first, second) = tokio::join!(claim(caller, login), claim(caller, login));
            assert_eq!(first, second);
            assert_eq!(first["identity"]["provider_user_id"], person["id"], "{first}");
            (person["id"].to_string(), first["subject"].to_string())
        }
    });
    let claimed: Vec<(String, String)> = claims.buffer_unordered(AT_ONCE).collect().await;
    let subjects: BTreeSet<&(String, String)> = claimed.iter().collect();
    println!("{} logins claimed after {:.1?}", claimed.len(), began.elapsed());
    assert_eq!(
        (claimed.len(), subjects.len()),
        (1_000, people.len()),
        "one subject for each person: {subjects:?}"
    );

    let sessions = sessions(&stack).await;
    let full_calls: BTreeSet<u64> = sessions.values().map(|calls| calls.full).collect();
    let status_calls: u64 = sessions.values().map(|calls| calls.status).sum();
    println!("{} sessions, {status_calls} status calls, full calls of each: {full_calls:?}", sessions.len());
    assert_eq!((sessions.len(), full_calls), (1_000, BTreeSet::from([1])));
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_waiting_peeks_are_one_upstream_poller_for_each_login() {
    let _alone = ONE_CROWD.lock().await;
    let stack = detached().await;
    let logins = start_logins(&stack, 50).await;
    let waiters = wait_for(&stack, &logins, 100).await;

    // While they all wait, the provider is looked at by as many pollers as there are logins.
    let began = Instant::now();
    let before = sessions(&stack).await;
    let during = until_each_was_polled_again(&stack, &before).await;
    // A poll is held for 10 s, so a poller may begin one more in that time than it ended; a hundred pollers begin a hundred.
    let allowed = began.elapsed().as_secs() / 10 + 1;
    for (session, calls) in &during {
        let new = calls.status - before[session].status;
        assert!(new <= allowed, "{new} status calls of one login, and not {allowed}");
    }

    let mut dice = Dice::new();
    println!("HERALD_TEST_SEED={}", dice.seed());
    let order = dice.shuffled(logins.len());
    confirm(&stack, order.into_iter().map(|login| (&logins[login], None))).await;
    let confirmed = Instant::now();
    let seen = all_answers(waiters).await;
    println!("{} waiters knew {:.1?} after the last login was confirmed", seen.len(), confirmed.elapsed());
    assert_eq!((seen.len(), statuses(&seen)), (5_000, BTreeSet::from(["confirmed"])));
    assert!(sessions(&stack).await.values().all(|calls| calls.full == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_identical_callbacks_are_one_exchange_and_lead_to_one_place() {
    let stack = Stack::start().await;
    let caller = stack.caller("antara");
    let login = caller.start_login(&stack.return_url()).await;
    let mut browser = Browser::new();
    let consent = format!("{}/oauth/authorize", stack.sandbox_url);
    let asked = browser.go(login["hosted_url"].as_str().unwrap(), &consent).await;
    let decided = stack.tell("antara/authorize", json!({ "authorize_url": asked.url.as_str() })).await;
    let callback = decided["callback_url"].as_str().unwrap();
    // So slow that all of them are there before the first has its answer.
    let slow = json!({ "provider": "antara", "operation": "token", "latency_ms": 2_000, "effect": { "type": "none" } });
    stack.tell("faults", slow).await;

    let mut tabs = JoinSet::new();
    for _ in 0..100 {
        let (mut tab, callback, shop) = (browser.clone(), callback.to_owned(), stack.return_url());
        tabs.spawn(async move { tab.go(&callback, &shop).await.url });
    }
    let places: BTreeSet<url::Url> = tabs.join_all().await.into_iter().collect();
    assert_eq!(places.len(), 1, "{places:?}");
    assert_eq!(stack.control("counters").await["antara"]["token"], 1);
    let place = places.first().unwrap();
    let (_, code) = place.query_pairs().find(|(name, _)| name == "code").unwrap();
    let (id, secret) = (login["id"].as_str().unwrap(), login["claim_secret"].as_str().unwrap());
    assert_eq!(caller.claim(id, secret, &code).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_tenants_key_finds_nothing_at_any_address_of_a_login() {
    let stack = Stack::start().await;
    let what = |body: &Value| (body["code"].clone(), body["title"].clone(), body["detail"].clone());
    for (owner, _) in TENANTS {
        let login = stack.caller(owner).start_login(&stack.return_url()).await;
        let id = login["id"].as_str().unwrap();
        let body = json!({ "claim_secret": login["claim_secret"], "code": "hcc_any" });
        for (other, _) in TENANTS.into_iter().filter(|(other, _)| *other != owner) {
            let stranger = stack.caller(other);
            for (method, rest, body) in [
                (Method::GET, "", None),
                (Method::GET, "/events", None),
                (Method::POST, "/claim", Some(&body)),
                (Method::DELETE, "", None),
            ] {
                let theirs =
                    stranger.call(method.clone(), &format!("/v1/logins/{id}{rest}"), &[], body).await;
                assert_eq!(theirs.status, 404, "{other} {method} {rest} of {owner}: {:?}", theirs.body);
                let unknown = format!("/v1/logins/log_00000000000000000000000000{rest}");
                let unknown = stranger.call(method, &unknown, &[], body).await;
                assert_eq!(what(&theirs.body), what(&unknown.body));
            }
            let listed = stranger.call(Method::GET, "/v1/logins?reference=cart-4711", &[], None).await;
            let is_it = |item: &Value| item["id"] == id;
            assert!(!listed.body["items"].as_array().unwrap().iter().any(is_it), "{:?}", listed.body);
        }
        assert_eq!(stack.caller(owner).peek(id).await["status"], "pending", "nobody else did anything to it");
    }
}

/// A stack whose Antirius tenant may leave the return URL out, so that the claim secret alone claims.
pub(crate) async fn detached() -> Stack {
    allow_open_files(OPEN_FILES);
    Stack::start_with(|config| detached_in(&config)).await
}

/// The configuration where the Antirius tenant may do that.
pub(crate) fn detached_in(config: &str) -> String {
    let tenant = "[tenants.antirius]\n";
    assert!(config.contains(tenant), "{config}");
    config.replacen(tenant, &format!("{tenant}detached_logins = true\n"), 1)
}

pub(crate) async fn start_logins(stack: &Stack, count: usize) -> Vec<Value> {
    let caller = &stack.caller("antirius");
    let starts = stream::iter(0..count).map(|number| async move {
        let body = json!({ "reference": format!("crowd-{number}") });
        let answer = caller.call(Method::POST, "/v1/logins", &[], Some(&body)).await;
        assert_eq!(answer.status, 201, "{:?}", answer.body);
        answer.body
    });
    starts.buffer_unordered(AT_ONCE).collect().await
}

/// So many callers wait for each login when this returns.
async fn wait_for(stack: &Stack, logins: &[Value], pollers: usize) -> Vec<Waiter> {
    let (_, key) = TENANTS.iter().find(|(tenant, _)| *tenant == "antirius").unwrap();
    let rounds = (0..pollers).flat_map(|_| logins);
    let sends =
        stream::iter(rounds).map(|login| Waiter::send(&stack.url, key, login["id"].as_str().unwrap()));
    sends.buffer_unordered(AT_ONCE).collect().await
}

pub(crate) async fn all_answers(waiters: Vec<Waiter>) -> Vec<Value> {
    future::join_all(waiters.into_iter().map(Waiter::answer)).await
}

pub(crate) fn statuses(seen: &[Value]) -> BTreeSet<&str> {
    seen.iter().map(|login| login["status"].as_str().unwrap()).collect()
}

/// Persons say yes in the messenger, in this order; without a name it is always the same one.
pub(crate) async fn confirm<'a>(
    stack: &Stack,
    decisions: impl Iterator<Item = (&'a Value, Option<&'a Value>)>,
) {
    let confirms = stream::iter(decisions).map(|(login, person)| {
        let path = format!("antirius/sessions/{}/confirm", session_of(login));
        let body = person.map_or_else(|| json!({}), |person| json!({ "person": person["id"] }));
        async move { stack.tell(&path, body).await }
    });
    confirms.buffered(8).for_each(|_| future::ready(())).await;
}

pub(crate) async fn claim(caller: &Caller, login: &Value) -> Value {
    let path = format!("/v1/logins/{}/claim", login["id"].as_str().unwrap());
    let body = json!({ "claim_secret": login["claim_secret"] });
    let answer = caller.call(Method::POST, &path, &[], Some(&body)).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    answer.body
}

/// How often the provider was asked for one session.
pub(crate) struct Calls {
    pub(crate) status: u64,
    pub(crate) full: u64,
}

pub(crate) async fn sessions(stack: &Stack) -> BTreeMap<String, Calls> {
    let list = stack.control("antirius/sessions").await;
    let calls = |session: &Value| {
        let of = |name: &str| session[name].as_u64().unwrap();
        let id = session["id"].as_str().unwrap().to_owned();
        (id, Calls { status: of("status_calls"), full: of("full_calls") })
    };
    list["items"].as_array().unwrap().iter().map(calls).collect()
}

/// The sandbox announces nothing, so it is looked at four times a second.
pub(crate) async fn until_each_was_polled_again(
    stack: &Stack,
    before: &BTreeMap<String, Calls>,
) -> BTreeMap<String, Calls> {
    let again = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(250));
        loop {
            ticks.tick().await;
            let now = sessions(stack).await;
            if now.iter().all(|(session, calls)| calls.status > before[session].status) {
                return now;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(40), again).await.expect("every login is polled all the time")
}
