//! A power cut loses no login and no accepted notification.

use reqwest::Method;
use serde_json::json;

use crate::{journey::session_of, stack::Stack};

#[tokio::test(flavor = "multi_thread")]
async fn a_login_goes_on_after_a_power_cut() {
    let stack = Stack::start().await;
    let caller = stack.caller("antirius");
    let login = caller.start_login(&stack.return_url()).await;
    let stack = stack.crash_and_restart();
    stack.tell(&format!("antirius/sessions/{}/confirm", session_of(&login)), json!({})).await;
    let confirmed = caller.wait_for_login(login["id"].as_str().unwrap()).await;
    assert_eq!(confirmed["status"], "confirmed", "{confirmed}");
    let stack = stack.crash_and_restart();
    let back = stack.walk_on(&login).await;
    let claim = caller
        .claim(
            login["id"].as_str().unwrap(),
            login["claim_secret"].as_str().unwrap(),
            &back.query("code").unwrap(),
        )
        .await;
    assert_eq!(claim.status, 200, "{:?}", claim.body);
    assert_eq!(stack.effects("full").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_is_sent_after_a_power_cut_and_once() {
    let stack = Stack::start().await;
    let subject = stack.sign_in("antara").await.claim["subject"].clone();
    let soon = crate::stack::after(std::time::Duration::from_secs(2));
    let body = json!({ "to": { "type": "subject", "subject": subject }, "message": { "type": "text", "text": "hi" }, "send_at": soon });
    let headers = [("Idempotency-Key", "k")];
    let caller = stack.caller("antara");
    let accepted = caller.call(Method::POST, "/v1/notifications", &headers, Some(&body)).await;
    assert_eq!(
        (accepted.status.as_u16(), &accepted.body["status"]),
        (202, &json!("queued")),
        "{:?}",
        accepted.body
    );
    let stack = stack.crash_and_restart();
    // The same call again, as a caller would make it that never saw the answer.
    let replay = caller.notify("k", &body).await;
    assert_eq!(
        (&replay.body["id"], &replay.body["status"]),
        (&accepted.body["id"], &json!("sent")),
        "{:?}",
        replay.body
    );
    assert_eq!(replay.headers["idempotency-replayed"], "true");
    assert_eq!(stack.effects("send").await.len(), 1);
}
