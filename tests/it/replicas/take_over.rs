//! A replica dies with work in its hands: another one goes on with it, and nothing is lost or done twice.

use futures_util::future::join_all;
use herald_testkit::redis_server::Reply;
use reqwest::Method;
use serde_json::{Value, json};

use super::fleet::{Fleet, until};
use crate::{
    caller::Caller,
    crowd::{claim, confirm, detached_in, sessions, start_logins},
};

const LOGINS: usize = 20;
pub(super) const MESSAGES: usize = 20;
/// What a replica that died had in hand stays its own for half a minute.
pub(super) const LONGEST: &[(&str, &str)] = &[("Prefer", "wait=60")];

#[tokio::test(flavor = "multi_thread")]
async fn logins_whose_watcher_was_killed_are_watched_on_by_another() {
    let mut fleet = Fleet::start_with(2, |config| detached_in(&config)).await;
    // Both watch some of them, whoever took them up.
    let logins = start_logins(&fleet, LOGINS).await;
    until("every login is watched", async || {
        let sessions = sessions(&fleet).await;
        (sessions.len() == LOGINS && sessions.values().all(|calls| calls.status > 0)).then_some(())
    })
    .await;
    assert_eq!(held(&fleet).len(), 2, "each holds some");
    for (victim, heir, share) in [(0, 1, &logins[..LOGINS / 2]), (1, 0, &logins[LOGINS / 2..])] {
        fleet.kill(victim);
        confirm(&fleet, share.iter().map(|login| (login, None))).await;
        let caller = fleet.caller_at(heir, "antirius");
        for login in share {
            let path = format!("/v1/logins/{}", login["id"].as_str().unwrap());
            let seen = caller.call(Method::GET, &path, LONGEST, None).await.body;
            assert_eq!(seen["status"], "confirmed", "{seen}");
            claim(&caller, login).await;
        }
        // What is left was taken over too: the heir has something in hand when its own turn comes.
        until("the heir holds what is left", async || {
            (held(&fleet) == vec![LOGINS / 2; usize::from(victim == 0)]).then_some(())
        })
        .await;
        fleet.start_again(victim);
    }
    assert!(sessions(&fleet).await.values().all(|calls| calls.full == 1));
}

/// How many logins each replica watches that watches any.
fn held(fleet: &Fleet) -> Vec<usize> {
    // A lease names its holder behind ten bytes of its own.
    let count = "local of = {} for _, lease in ipairs(redis.call('HVALS', KEYS[1])) do \
                 local holder = string.sub(lease, 11) of[holder] = (of[holder] or 0) + 1 end \
                 local all = {} for _, held in pairs(of) do all[#all + 1] = held end return all";
    let held = fleet.redis.command(&["EVAL", count, "1", "herald:{antirius}:leases:logins"]);
    let Reply::Array(held) = held else { panic!("{held:?}") };
    let number = |held| if let Reply::Integer(held) = held { usize::try_from(held).ok() } else { None };
    held.into_iter().map(|held| number(held).expect("a count")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_replica_was_sending_to_antara_is_sent_by_another_and_once() {
    let seen = kill_while_sending("antara").await;
    assert!(seen.iter().all(|(now, effects)| now["status"] == "sent" && *effects == 1), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_replica_was_sending_to_antirius_is_unknown_and_never_sent_again() {
    let seen = kill_while_sending("antirius").await;
    for (now, effects) in &seen {
        let status = now["status"].as_str().unwrap();
        assert!(matches!((status, effects), ("sent", 1) | ("unknown", 0 | 1)), "{effects}: {now}");
        let attempts = now["attempts"].as_array().unwrap();
        assert!(attempts.len() == 1 || status == "sent", "{now}");
    }
}

/// Kills the replica that accepted while calls are on their way; every notification as it is then, and its effects.
async fn kill_while_sending(tenant: &str) -> Vec<(Value, usize)> {
    let fleet = Fleet::start(2).await;
    fleet.switch(tenant, json!({ "everyone_reachable": true })).await;
    // The effect is there long before its answer: whoever dies in between cannot know.
    let slow = json!({ "provider": tenant, "operation": "send", "answer_after_ms": 2_000, "effect": { "type": "none" } });
    fleet.tell("faults", slow).await;
    let (here, there) = (fleet.caller_at(0, tenant), fleet.caller_at(1, tenant));
    let ids = join_all((0..MESSAGES).map(|number| accept(&here, tenant, number))).await;
    until("some are on their way", async || (fleet.effects("send").await.len() >= 4).then_some(())).await;
    fleet.kill(0);
    let mut seen = Vec::new();
    for (number, id) in ids.iter().enumerate() {
        let path = format!("/v1/notifications/{id}");
        let now = until("it is at rest", async || {
            let now = there.call(Method::GET, &path, LONGEST, None).await.body;
            (!matches!(now["status"].as_str(), Some("queued" | "sending"))).then_some(now)
        })
        .await;
        let text = format!("message {number}");
        let effects =
            fleet.effects("send").await.iter().filter(|effect| effect["body"] == text.as_str()).count();
        seen.push((now, effects));
    }
    let taken_over = fleet.metric_of(&[1], "herald_take_overs_total{work=\"notifications\"}").await;
    assert!(taken_over > 0, "the other one had nothing in hand");
    seen
}

pub(super) async fn accept(caller: &Caller, tenant: &str, number: usize) -> String {
    let to = match tenant {
        "antara" => json!({ "type": "slug", "slug": format!("slug{number:06}") }),
        _ => json!({ "type": "phone", "phone_number": format!("+7900{number:07}") }),
    };
    let body = json!({ "to": to, "message": { "type": "text", "text": format!("message {number}") } });
    let key = format!("key-{number}");
    let answer =
        caller.call(Method::POST, "/v1/notifications", &[("Idempotency-Key", &key)], Some(&body)).await;
    assert_eq!(answer.status, 202, "{:?}", answer.body);
    answer.body["id"].as_str().unwrap().to_owned()
}
