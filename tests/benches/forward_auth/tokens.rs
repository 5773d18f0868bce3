//! Access tokens that Herald has never been shown.

use crate::{
    load::{Connection, post},
    stack::{Stack, TENANTS},
};

/// Between so many sessions the tokens are shared out.
const SESSIONS: usize = 16;
const AT_ONCE: usize = 16;

/// The first refresh tokens of some sessions, each used once.
pub(crate) async fn sessions(stack: &Stack) -> Vec<String> {
    let mut sessions = Vec::new();
    for _ in 0..SESSIONS {
        let claim = stack.sign_in("antirius").await.claim;
        sessions.push(claim["session"]["refresh_token"].as_str().expect("a session").to_owned());
    }
    sessions
}

/// So many tokens. A used refresh token gives the same successor again, and with it each time another access token.
pub(crate) async fn mint(stack: &Stack, sessions: &[String], count: usize) -> Vec<String> {
    let address = stack.url.trim_start_matches("http://").to_owned();
    let shares = (0..AT_ONCE).map(|share| {
        let (address, sessions) = (address.clone(), sessions.to_vec());
        tokio::spawn(async move {
            let mut connection = Connection::open(&address).await.expect("Herald listens");
            let mut tokens = Vec::new();
            for number in (share..count).step_by(AT_ONCE) {
                let body =
                    serde_json::json!({ "refresh_token": sessions[number % sessions.len()] }).to_string();
                let key = format!("Authorization: Bearer {}\r\n", TENANTS[1].1);
                connection.send(&post("/v1/sessions/refresh", &key, &body)).await.expect("Herald reads");
                let (status, answer) = connection.answer().await.expect("Herald answers");
                assert_eq!(status, 200, "{}", String::from_utf8_lossy(answer));
                let tokens_of: serde_json::Value =
                    serde_json::from_slice(answer).expect("Herald speaks JSON");
                tokens.push(tokens_of["access_token"].as_str().expect("a token").to_owned());
            }
            tokens
        })
    });
    let mut tokens = Vec::with_capacity(count);
    for share in shares.collect::<Vec<_>>() {
        tokens.extend(share.await.expect("the minting ends"));
    }
    tokens
}
