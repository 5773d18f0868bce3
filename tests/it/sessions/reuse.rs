//! A refresh token that comes a second time, long after it was used: somebody has a copy.

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};

use crate::{stack::Stack, token::read_token};

#[tokio::test(flavor = "multi_thread")]
async fn a_stolen_token_ends_the_session_and_the_tenant_is_told() {
    let mut receiver = Receiver::start().await;
    // Without a grace everything that was used was used long ago.
    let words = format!(
        "refresh_grace_seconds = 0, backchannel_logout_url = \"{}\", backchannel_logout_is_private = true",
        receiver.url
    );
    let stack = Stack::with_site(&words).await;
    let caller = stack.caller("antirius");
    let done = stack.sign_in("antirius").await;
    let first = done.tokens();
    let second = caller.refresh(&first.refresh).await;
    let reuses = "herald_events_total{type=\"session.reuse_detected\"}";
    assert_eq!(stack.metric(reuses).await, 0);

    caller.refuses(&first.refresh).await;
    for token in [&first.access, &second.access] {
        assert_eq!(caller.verify(token).await, json!({ "active": false }));
    }
    caller.refuses(&second.refresh).await;
    assert_eq!(stack.metric(reuses).await, 1);
    let shown =
        caller.call(reqwest::Method::GET, &format!("/v1/sessions/{}", first.session), &[], None).await;
    assert_eq!(shown.body["status"], "ended", "{:?}", shown.body);

    // OpenID Connect Back-Channel Logout 1.0, sections 2.4 and 2.5.
    let body = receiver.told.recv().await.expect("the receiver is told");
    let token = body.strip_prefix("logout_token=").unwrap_or_else(|| panic!("{body}"));
    let issuer = format!("{}/t/antirius", stack.url);
    let (header, claims) = read_token(&stack.url, "antirius", &issuer, token).await;
    assert_eq!(header.typ.as_deref(), Some("logout+jwt"));
    assert_eq!((&claims["sid"], &claims["sub"]), (&json!(first.session), &done.claim["subject"]), "{claims}");
    assert_eq!(claims["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
    assert!(claims["jti"].is_string() && claims["iat"].is_i64() && claims["nonce"].is_null(), "{claims}");

    // A logout token is no access token.
    assert_eq!(caller.verify(token).await, json!({ "active": false }));
}

/// A tenant's endpoint for back-channel logout.
struct Receiver {
    url: String,
    told: UnboundedReceiver<String>,
}

impl Receiver {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/logout", listener.local_addr().expect("a bound port"));
        let (tell, told) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut bytes = Vec::new();
                while stream.read_buf(&mut bytes).await.is_ok_and(|read| read > 0) {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    let head = head.to_ascii_lowercase();
                    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                    if body.len() < length.and_then(|length| length.parse().ok()).unwrap_or(0) {
                        continue;
                    }
                    assert!(head.starts_with("post /logout "), "{head}");
                    assert!(head.contains("content-type: application/x-www-form-urlencoded"), "{head}");
                    tell.send(body.to_owned()).expect("the test waits");
                    let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await;
                    break;
                }
            }
        });
        Self { url, told }
    }
}
