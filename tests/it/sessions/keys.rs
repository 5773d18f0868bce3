//! Rotating the keys that sign, while they are in use.

use std::{
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use serde_json::json;
use tokio::task::JoinSet;

use super::Tokens;
use crate::{
    caller::Caller,
    process,
    stack::{ADMIN_KEY, Stack, client},
    token::{published_keys, read_with},
};

const ROTATIONS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn rotating_the_keys_under_load_fails_no_verification() {
    let stack = Arc::new(Stack::with_site("").await);
    let (caller, http) = (stack.caller("antirius"), client());
    let (is_over, looks) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut load = JoinSet::new();
    for _ in 0..6 {
        let tokens = stack.sign_in("antirius").await.tokens();
        let (stack, caller, http) = (Arc::clone(&stack), caller.clone(), http.clone());
        let (is_over, looks) = (Arc::clone(&is_over), Arc::clone(&looks));
        load.spawn(async move {
            while !is_over.load(Ordering::SeqCst) {
                look(&stack, &caller, &http, &tokens, &looks).await;
            }
        });
    }

    let issuer = format!("{}/t/antirius", stack.url);
    let mut tokens = stack.sign_in("antirius").await.tokens();
    let mut signers = std::collections::BTreeSet::new();
    for _ in 0..ROTATIONS {
        // Whoever fetched the keys before the rotation can check what is signed after it.
        let known = published_keys(&stack.url, "antirius").await;
        let said = rotate(&stack, &["--tenant", "antirius"]);
        assert!(said.contains("current") && said.contains("next"), "{said}");
        tokens = caller.refresh(&tokens.refresh).await;
        let (header, claims) = read_with(&known, &issuer, &issuer, &tokens.access).unwrap();
        assert_eq!((header.typ.as_deref(), &claims["sid"]), (Some("at+jwt"), &json!(tokens.session)));
        assert!(signers.insert(header.kid), "a rotation takes effect at once");
        let before = looks.load(Ordering::SeqCst);
        while looks.load(Ordering::SeqCst) < before + 50 {
            assert!(!load.is_empty(), "the load goes on");
            look(&stack, &caller, &http, &tokens, &looks).await;
        }
    }
    is_over.store(true, Ordering::SeqCst);
    // A look that failed has panicked.
    load.join_all().await;
    println!("{} looks, {ROTATIONS} rotations", looks.load(Ordering::SeqCst));
}

#[tokio::test(flavor = "multi_thread")]
async fn revoked_keys_stop_at_once_and_the_session_goes_on() {
    let stack = Stack::with_site("").await;
    let caller = stack.caller("antirius");
    let http = client();
    let old = stack.sign_in("antirius").await.tokens();
    let other = stack.sign_in("antara").await.tokens();
    assert_eq!(caller.verify(&old.access).await["active"], true);
    assert_eq!(stack.forward_auth(&http, &old.access).await, 200);
    let before = published_keys(&stack.url, "antirius").await;

    rotate(&stack, &["--tenant", "antirius", "--revoke"]);
    assert_eq!(caller.verify(&old.access).await, json!({ "active": false }));
    assert_eq!(caller.introspect(&old.access).await, json!({ "active": false }));
    assert_eq!(stack.forward_auth(&http, &old.access).await, 401);
    let after = published_keys(&stack.url, "antirius").await;
    for key in &before.keys {
        let kid = key.common.key_id.as_deref().unwrap();
        assert!(after.find(kid).is_none(), "{kid} is still published");
    }

    let new = caller.refresh(&old.refresh).await;
    assert_eq!(new.session, old.session);
    assert_eq!(caller.verify(&new.access).await["active"], true);
    assert_eq!(stack.forward_auth(&http, &new.access).await, 200);
    assert_eq!(
        stack.caller("antara").verify(&other.access).await["active"],
        true,
        "keys are the tenant's own"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_operators_key_rotates() {
    let stack = Stack::start().await;
    for key in ["ha_OperatorOperatorOperatorOperatorOperator002", crate::stack::TENANTS[1].1, ""] {
        let output = keys_rotate(&stack.url, key, &["--tenant", "antirius"]);
        assert!(matches!(output.status.code(), Some(1 | 2)), "{output:?}");
    }
}

/// One look of each kind at a token that was just refreshed, all of them good.
async fn look(stack: &Stack, caller: &Caller, http: &reqwest::Client, tokens: &Tokens, looks: &AtomicUsize) {
    assert_eq!(caller.verify(&tokens.access).await["active"], true);
    assert_eq!(caller.introspect(&tokens.access).await["active"], true);
    assert_eq!(stack.forward_auth(http, &tokens.access).await, 200);
    looks.fetch_add(1, Ordering::SeqCst);
}

/// `herald keys rotate` as an operator calls it; what it prints.
fn rotate(stack: &Stack, arguments: &[&str]) -> String {
    rotate_at(&stack.url, arguments)
}

/// The same through the Herald at this address.
pub(crate) fn rotate_at(herald: &str, arguments: &[&str]) -> String {
    let output = keys_rotate(herald, ADMIN_KEY, arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn keys_rotate(herald: &str, key: &str, arguments: &[&str]) -> std::process::Output {
    Command::new(process::herald())
        .args(["keys", "rotate"])
        .args(arguments)
        .env("HERALD_URL", herald)
        .env("HERALD_ADMIN_KEY", key)
        .output()
        .expect("the binary starts")
}
