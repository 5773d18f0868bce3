//! The product's main job, with the same calls for every provider.

use serde_json::json;

use crate::stack::{Stack, TENANTS};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_calls_sign_a_person_in_through_every_provider() {
    let stack = Stack::start().await;
    for (tenant, _) in TENANTS {
        let done = stack.sign_in(tenant).await;
        let id = done.login["id"].as_str().unwrap();
        let caller = stack.caller(tenant);
        let claimed = caller.peek(id).await;
        assert_eq!(claimed["status"], "claimed", "{claimed}");
        assert_eq!(claimed["next"]["type"], "done");
        let identity = &done.claim["identity"];
        assert_eq!(identity["provider"], tenant);
        assert_eq!(identity["connection"], "main");
        assert!(
            identity["provider_user_id"].is_string() && identity["authenticated_at"].is_string(),
            "{identity}"
        );
        assert!(done.claim["subject"].as_str().unwrap().starts_with("sub_"));

        // The same claim gives the same bytes; another secret or code nothing; the person is the same subject next time.
        let secret = done.login["claim_secret"].as_str().unwrap();
        assert_eq!(caller.claim(id, secret, &done.code).await.body, done.claim);
        assert_eq!(caller.claim(id, "hcs_wrong", &done.code).await.body["code"], "claim_refused");
        assert_eq!(caller.claim(id, secret, "hcc_wrong").await.body["code"], "login_claimed");
        assert_eq!(stack.sign_in(tenant).await.claim["subject"], done.claim["subject"]);
    }
    assert!(stack.herald.terminate().success(), "SIGTERM ends it well");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_signed_in_is_sent_a_message_where_the_provider_can() {
    let stack = Stack::start().await;
    for tenant in ["antara", "antirius"] {
        let subject = stack.sign_in(tenant).await.claim["subject"].clone();
        let body = json!({ "to": { "type": "subject", "subject": subject }, "message": { "type": "text", "text": "Your parcel is here" } });
        let first = stack.caller(tenant).notify("parcel-9", &body).await;
        assert_eq!((first.status.as_u16(), &first.body["status"]), (200, &json!("sent")), "{:?}", first.body);
        let again = stack.caller(tenant).notify("parcel-9", &body).await;
        assert_eq!(again.body["id"], first.body["id"]);
        assert_eq!(again.headers["idempotency-replayed"], "true");
    }
    let effects = stack.effects("send").await;
    assert_eq!(effects.len(), 2, "{effects:?}");

    let subject = stack.sign_in("authara").await.claim["subject"].clone();
    let body = json!({ "to": { "type": "subject", "subject": subject }, "message": { "type": "text", "text": "hi" } });
    let refused = stack.caller("authara").notify("parcel-9", &body).await;
    assert_eq!((refused.status.as_u16(), &refused.body["code"]), (422, &json!("unsupported_by_provider")));
}

#[tokio::test(flavor = "multi_thread")]
async fn swapping_the_provider_is_one_line_and_the_calls_stay_the_same() {
    let stack = Stack::start().await;
    let first = stack.sign_in("antara").await;
    assert_eq!(first.claim["identity"]["provider"], "antara");
    stack.reconfigure(|text| {
        let antirius = text.split("[tenants.antirius.connections.main]").nth(1).unwrap();
        let antirius = antirius.split("\n[").next().unwrap();
        // The other account is configured beside the first (of another tenant's, which goes), then one line changes.
        let without = text.split("[tenants.antirius]").next().unwrap().to_owned();
        let rest = format!("[tenants.authara]{}", text.split("[tenants.authara]").nth(1).unwrap());
        let both = format!("{without}\n[tenants.antara.connections.other]\n{antirius}\n{rest}");
        both.replacen("login = \"main\"", "login = \"other\"", 1)
    });
    stack.herald.says(&["reload"]);
    let second = stack.sign_in("antara").await;
    assert_eq!(second.claim["identity"]["provider"], "antirius");
    assert_ne!(second.claim["subject"], first.claim["subject"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reload_does_not_take_half_of_what_needs_a_restart() {
    let stack = Stack::start().await;
    stack.reconfigure(|text| {
        let text = text.replacen("public_url = \"http://127.0.0.1", "public_url = \"http://localhost", 1);
        text.replacen("login = \"main\"", "", 1)
    });
    stack.herald.says(&["not reloaded", "restart"]);
    // The tenants are the old ones too: their `login` is still there.
    assert_eq!(stack.sign_in("antara").await.claim["identity"]["provider"], "antara");
}
