//! What is secret or personal is found nowhere but where it belongs.

mod sessions;

use std::{fs, path::Path};

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};

use self::sessions::Released;
use crate::{
    sessions::Tokens,
    stack::{Stack, free_ports},
};

/// What Antara signs its notices with.
const HOOK_SECRET: &str = "canary-of-the-hook-that-was-agreed-on";

#[tokio::test(flavor = "multi_thread")]
async fn no_phone_token_code_or_secret_is_in_logs_metrics_errors_or_the_store() {
    let stack = Stack::start_with(|config| with_webhooks(&config)).await;
    let canaries = Canaries::release(&stack).await;
    let client = crate::stack::client();
    let metrics =
        client.get(format!("{}/metrics", stack.management_url)).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("herald_"), "{metrics}");
    let (log, dir) = (stack.herald.log(), stack.dir);
    stack.herald.terminate();
    let store = fs::read(dir.path().join("herald.redb")).unwrap();
    canaries.are_not_in("the log", log.as_bytes());
    canaries.are_not_in("the metrics", metrics.as_bytes());
    canaries.are_not_in("the store", &store);
    assert!(is_private(&dir.path().join("herald.redb")), "others may read the store");
}

/// What must not be seen anywhere.
pub(crate) struct Canaries {
    texts: Vec<String>,
    /// Secrets of webhook endpoints, which have other bytes than text.
    webhook_secrets: [String; 2],
}

impl Canaries {
    /// Has everybody sign in, and everything be sent and told, that has secrets in it. Answers are looked through at once.
    pub(crate) async fn release(stack: &Stack) -> Self {
        let mut texts = ["+16502539999", "canary-of-the-text", HOOK_SECRET].map(str::to_owned).to_vec();
        let webhook_secrets = webhook_secrets(stack).await;
        texts.extend(webhook_secrets.clone());
        take_in_notices(stack).await;
        let mut tokens = Vec::new();
        for tenant in ["antara", "antirius", "authara"] {
            let done = stack.sign_in(tenant).await;
            texts.push(done.code.clone());
            texts.push(done.login["claim_secret"].as_str().unwrap().to_owned());
            for member in ["phone_number", "provider_user_id"] {
                texts.extend(done.claim["identity"][member].as_str().map(str::to_owned));
            }
            tokens.push(done.tokens());
        }
        let tokens: [Tokens; 3] = tokens.try_into().expect("one of each");
        let released = Released::by(stack, tokens).await;
        texts.extend(released.secrets);
        let credentials = stack.control("credentials").await;
        for (provider, name) in [("antara", "api_key"), ("antirius", "message_token")] {
            texts.push(credentials[provider][name].as_str().unwrap().to_owned());
        }
        texts.extend(crate::stack::TENANTS.iter().map(|(_, key)| (*key).to_owned()));
        // Whatever begins like a secret, also of somebody whom this test does not know. Each has been about.
        for prefix in ["oit_", "eyJ", "hcs_", "hcc_", "hrt_", "hss_"] {
            assert!(texts.iter().any(|text| text.starts_with(prefix)), "no {prefix} was ever handed out");
            texts.push(prefix.to_owned());
        }
        // These only Herald and its providers see, and the tenants' endpoints without their first letters.
        texts.extend(["aat_", "whsec_", "code_verifier"].map(str::to_owned));
        let canaries = Self { texts, webhook_secrets };
        for refusal in released.refusals {
            canaries.are_not_in("a refusal", refusal.as_bytes());
        }

        let to = json!({ "type": "phone", "phone_number": "+16502539999" });
        let body = json!({ "to": to, "message": { "type": "text", "text": "canary-of-the-text" } });
        for tenant in ["antara", "antirius", "authara"] {
            // An answer to the phone's owner shows it masked; a refusal not at all.
            let said = stack.caller(tenant).notify("canary", &body).await.text;
            canaries.are_not_in("an answer", said.as_bytes());
        }
        canaries
    }

    /// Looks for all of them.
    pub(crate) fn are_not_in(&self, place: &str, bytes: &[u8]) {
        for text in &self.texts {
            assert!(!contains(bytes, text.as_bytes()), "{text} in {place}");
        }
        for secret in &self.webhook_secrets {
            let secret = STANDARD.decode(secret).unwrap();
            assert!(secret.len() == 32 && !contains(bytes, &secret), "a secret's bytes are in {place}");
        }
    }
}

/// Antara's notices are taken in, its tenant may have webhook endpoints, ends of sessions are told, and Authara's tenant has a
/// site.
pub(crate) fn with_webhooks(config: &str) -> String {
    let config = sessions::with_endpoints(&sessions::with_site(config));
    let connection = "[tenants.antara.connections.main]\n";
    assert!(config.contains(connection) && config.contains("\"sessions:read\""), "{config}");
    config
        .replace(connection, &format!("{connection}webhook = {{ secret = \"{HOOK_SECRET}\" }}\n"))
        .replace("\"sessions:read\"", "\"sessions:read\", \"webhooks:write\"")
}

/// The secrets of an endpoint where nobody answers: the one it was made with, and the one that followed. Both sign what it is
/// told, which fails and is kept.
async fn webhook_secrets(stack: &Stack) -> [String; 2] {
    let caller = stack.caller("antara");
    let post = async |path: &str, body: Option<&Value>| {
        let answer = caller.call(Method::POST, path, &[], body).await;
        assert!(answer.status.is_success(), "{path}: {:?}", answer.body);
        answer.body
    };
    let [closed] = free_ports();
    let wish = json!({ "url": format!("http://127.0.0.1:{closed}/"), "events": ["*"] });
    let made = post("/v1/webhook-endpoints", Some(&wish)).await;
    let path = format!("/v1/webhook-endpoints/{}", made["id"].as_str().unwrap());
    let rotated = post(&format!("{path}/rotate-secret"), None).await;
    post(&format!("{path}/test"), None).await;
    [made, rotated].map(|answer| {
        let secret = answer["secret"].as_str().unwrap();
        assert!(secret.starts_with("whsec_"));
        secret.trim_start_matches("whsec_").to_owned()
    })
}

/// One notice of Antara's with a good signature, and one with a bad one.
async fn take_in_notices(stack: &Stack) {
    let body = r#"{"type":"permission.changed"}"#;
    let key = hmac::Key::new(hmac::HMAC_SHA256, HOOK_SECRET.as_bytes());
    let tag = hmac::sign(&key, body.as_bytes());
    let good = tag.as_ref().iter().fold("sha256=".to_owned(), |text, byte| format!("{text}{byte:02x}"));
    for (signature, status) in [(good.as_str(), 204), ("sha256=00", 401)] {
        let request = crate::stack::client()
            .post(format!("{}/hooks/antara/main", stack.url))
            .header("content-type", "application/json")
            .header("x-antara-signature", signature);
        assert_eq!(request.body(body).send().await.unwrap().status(), status);
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|meta| meta.permissions().mode().trailing_zeros() >= 6)
}
