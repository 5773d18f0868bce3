//! What is secret or personal is found nowhere but where it belongs.

use std::{fs, path::Path};

use serde_json::json;

use crate::stack::Stack;

#[tokio::test(flavor = "multi_thread")]
async fn no_phone_token_code_or_secret_is_in_logs_metrics_errors_or_the_store() {
    let stack = Stack::start().await;
    let mut canaries = vec!["+16502539999".to_owned(), "canary-of-the-text".to_owned()];
    for tenant in ["antara", "antirius", "authara"] {
        let done = stack.sign_in(tenant).await;
        canaries.push(done.code.clone());
        canaries.push(done.login["claim_secret"].as_str().unwrap().to_owned());
        for member in ["phone_number", "provider_user_id"] {
            canaries.extend(done.claim["identity"][member].as_str().map(str::to_owned));
        }
    }
    let credentials = stack.control("credentials").await;
    for (provider, name) in [("antara", "api_key"), ("antirius", "message_token")] {
        canaries.push(credentials[provider][name].as_str().unwrap().to_owned());
    }
    canaries.extend(crate::stack::TENANTS.iter().map(|(_, key)| (*key).to_owned()));
    for prefix in ["aat_", "oit_", "eyJ", "hrt_", "hss_", "code_verifier"] {
        canaries.push(prefix.to_owned());
    }

    let to = json!({ "type": "phone", "phone_number": "+16502539999" });
    let body = json!({ "to": to, "message": { "type": "text", "text": "canary-of-the-text" } });
    let mut said = String::new();
    for tenant in ["antara", "antirius", "authara"] {
        // An answer to the phone's owner shows it masked; a refusal not at all.
        said.push_str(&stack.caller(tenant).notify("canary", &body).await.body.to_string());
    }
    let client = crate::stack::client();
    let metrics =
        client.get(format!("{}/metrics", stack.management_url)).send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("herald_"), "{metrics}");
    let (log, dir) = (stack.herald.log(), stack.dir);
    stack.herald.terminate();
    let store = fs::read(dir.path().join("herald.redb")).unwrap();
    for canary in &canaries {
        assert!(!said.contains(canary), "{canary} in an answer");
        assert!(!log.contains(canary), "{canary} in the log");
        assert!(!metrics.contains(canary), "{canary} in the metrics");
        assert!(!contains(&store, canary.as_bytes()), "{canary} in the store");
    }
    assert!(is_private(&dir.path().join("herald.redb")), "others may read the store");
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

fn is_private(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|meta| meta.permissions().mode().trailing_zeros() >= 6)
}
