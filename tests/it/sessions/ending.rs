//! An ended session is refused by the very next look, however warm the caches are.

use reqwest::Method;
use serde_json::json;

use crate::stack::{Stack, client};

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_session_is_refused_by_the_very_next_look_everywhere() {
    let stack = Stack::with_site("").await;
    let caller = stack.caller("antirius");
    let http = client();
    for _ in 0..20 {
        let tokens = stack.sign_in("antirius").await.tokens();
        for _ in 0..3 {
            assert_eq!(caller.verify(&tokens.access).await["active"], true);
            assert_eq!(caller.introspect(&tokens.access).await["active"], true);
            assert_eq!(stack.forward_auth(&http, &tokens.access).await, 200);
        }
        caller.end(&tokens.session).await;
        assert_eq!(caller.verify(&tokens.access).await, json!({ "active": false }));
        assert_eq!(caller.introspect(&tokens.access).await, json!({ "active": false }));
        assert_eq!(stack.forward_auth(&http, &tokens.access).await, 401);
        caller.refuses(&tokens.refresh).await;
        caller.end(&tokens.session).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_sessions_of_a_person_end_at_once_and_nobody_elses() {
    let stack = Stack::start().await;
    let caller = stack.caller("antirius");
    let mine = [stack.sign_in("antirius").await, stack.sign_in("antirius").await];
    let subject = mine[0].claim["subject"].as_str().unwrap();
    assert_eq!(mine[1].claim["subject"], subject);
    let other = stack.sign_in("antara").await.tokens();
    for done in &mine {
        assert_eq!(caller.verify(&done.tokens().access).await["subject"], subject);
    }

    let path = format!("/v1/sessions?subject={subject}");
    let listed = caller.call(Method::GET, &path, &[], None).await.body;
    let ids: Vec<_> = listed["items"].as_array().unwrap().iter().map(|item| item["id"].clone()).collect();
    assert_eq!(ids, [json!(mine[1].tokens().session), json!(mine[0].tokens().session)], "newest first");

    let end = json!({ "subject": subject });
    let ended = caller.call(Method::POST, "/v1/sessions/end", &[], Some(&end)).await;
    assert_eq!((ended.status.as_u16(), &ended.body), (200, &json!({ "ended_count": 2 })));
    for done in &mine {
        assert_eq!(caller.verify(&done.tokens().access).await, json!({ "active": false }));
    }
    let listed = caller.call(Method::GET, &path, &[], None).await.body;
    assert!(listed["items"].as_array().unwrap().iter().all(|item| item["status"] == "ended"), "{listed}");
    assert_eq!(stack.caller("antara").verify(&other.access).await["active"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_of_either_kind_ends_its_session() {
    let stack = Stack::start().await;
    let caller = stack.caller("antirius");
    for kind in ["access", "refresh"] {
        let tokens = stack.sign_in("antirius").await.tokens();
        let token = if kind == "access" { &tokens.access } else { &tokens.refresh };
        // Somebody else's service may say so as often as it likes.
        for (who, is_active) in [("antara", true), ("antirius", false)] {
            let answer = stack.caller(who).form("/v1/oauth/revoke", &[("token", token)]).await;
            assert_eq!((answer.status.as_u16(), &answer.body), (200, &json!(null)));
            assert_eq!(caller.verify(&tokens.access).await["active"], is_active, "{kind}, revoked by {who}");
        }
    }
}
