//! `herald notifications` at a running server.
#![expect(clippy::unwrap_used, reason = "what cannot be done here is a failed test")]

use std::{fs, process::Output};

use herald_app::SystemClock;
use herald_core::{
    clock::{Clock as _, SystemEntropy},
    secret::{AdminKey, ApiKey},
};
use jiff::SignedDuration;
use serde_json::json;

use crate::{
    api::wire::{Request, text},
    binary::{Served, command, development, get},
};

/// A running server whose provider is not there, and what speaks to it.
struct World {
    served: Served,
    api_key: String,
    admin_key: String,
}

impl World {
    fn new() -> Self {
        let (api_key, admin_key) = (ApiKey::generate(&SystemEntropy), AdminKey::generate(&SystemEntropy));
        let more = format!(
            r#"
api_key = "a-key-for-messages"
[[tenants.acme.keys]]
name = "shop"
sha256 = "{}"
scopes = ["notifications:write", "notifications:read"]
[[server.admin_keys]]
name = "ops"
sha256 = "{}"
"#,
            api_key.digest().to_hex(),
            admin_key.digest().to_hex()
        );
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("herald.toml");
        fs::write(&path, development(":memory:", &more)).unwrap();
        let served = Served::start(&path);
        Self { served, api_key: api_key.expose().to_owned(), admin_key: admin_key.expose().to_owned() }
    }

    /// Runs `herald notifications` with these arguments and these keys.
    fn run_with(&self, arguments: &[&str], api_key: &str, admin_key: &str) -> Output {
        let url = format!("http://{}", self.served.address);
        let mut command = command(&[&["notifications"], arguments, &["--url", &url]].concat());
        command.env("HERALD_API_KEY", api_key).env("HERALD_ADMIN_KEY", admin_key).output().unwrap()
    }

    /// The lines that it prints, split at two spaces; it must go well.
    fn run(&self, arguments: &[&str]) -> Vec<Vec<String>> {
        let output = self.run_with(arguments, &self.api_key, &self.admin_key);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output.stderr));
        let line = |line: &str| {
            line.split("  ").map(|cell| cell.trim().to_owned()).filter(|c| !c.is_empty()).collect()
        };
        said(&output.stdout).lines().map(line).collect()
    }

    /// A notification that can never be sent, once its time is over.
    async fn expired(&self, reference: &str) -> String {
        let expires_at = SystemClock.now() + SignedDuration::from_secs(2);
        let body = json!({ "to": { "type": "slug", "slug": "xK9mNp" }, "message": { "type": "text", "text": "hi" },
            "route": ["main"], "reference": reference, "expires_at": expires_at.to_string() });
        let request = Request::post("/v1/notifications", body.to_string())
            .header("Idempotency-Key", reference)
            .header("Prefer", "wait=15")
            .key(&self.api_key);
        let answer = request.send(self.served.address).await;
        assert_eq!((answer.status, text(&answer.json(), "/status")), (200, "expired"), "{answer:?}");
        text(&answer.json(), "/id").to_owned()
    }
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn an_operator_sees_what_waits_and_a_tenant_its_dead_letters_which_are_sent_anew() {
    let world = World::new();
    assert_eq!(world.run(&["dead"]), [["ID", "STATUS", "CREATED AT", "LAST FAILURE", "REFERENCE"]]);
    let status = world.run(&["status"]);
    assert_eq!(status[0], ["TENANT", "WAITING", "OLDEST DUE AT"]);
    assert_eq!(status[2], ["TENANT", "CONNECTION", "CONDITION", "SINCE"]);
    assert_eq!(status[3][..3], ["acme", "main", "available"]);

    let (older, newer) = (world.expired("parcel-1").await, world.expired("parcel-2").await);
    let dead = world.run(&["dead"]);
    assert_eq!(dead.len(), 3, "{dead:?}");
    for (row, id, reference) in [(&dead[1], &newer, "parcel-2"), (&dead[2], &older, "parcel-1")] {
        assert_eq!(
            (&row[0], &*row[1], &*row[3], &*row[4]),
            (id, "expired", "unavailable", reference),
            "{row:?}"
        );
    }
    assert_eq!(world.run(&["dead", "--limit", "1"])[1], dead[1]);
    assert_eq!(world.run(&["dead", "--status", "expired"]), dead);
    assert_eq!(world.run(&["dead", "--status", "failed"]).len(), 1);

    assert_eq!(world.run(&["requeue", &older]), [[&*older, "queued"]]);
    let status = world.run(&["status"]);
    assert_eq!(status[1][..2], ["acme", "1"], "{status:?}");
    let again = world.run_with(&["requeue", &older], &world.api_key, "");
    assert_eq!(again.status.code(), Some(1));
    assert!(
        said(&again.stderr).contains(&format!("{older}: 409 not_requeueable")),
        "{}",
        said(&again.stderr)
    );
    assert_eq!(world.run(&["requeue", "--all"]), [[&*newer, "queued"]]);
    assert_eq!(world.run(&["requeue", "--all"]), [[""; 0]; 0]);
    assert_eq!(world.run(&["dead"]).len(), 1);

    let (_, _, metrics) = get(world.served.management, "/metrics", "");
    for line in [
        "herald_notifications_accepted_total 2",
        "herald_notification_attempts_total{provider=\"antara\",outcome=\"failed\"}",
        "herald_notifications_settled_total{status=\"expired\"} 2",
        "herald_notifications_waiting{tenant=\"acme\"}",
        "herald_notifications_oldest_due_seconds{tenant=\"acme\"}",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
}

#[test]
fn a_key_that_is_not_good_and_one_that_is_none_are_told_apart() {
    let world = World::new();
    let (api, admin) = (ApiKey::generate(&SystemEntropy), AdminKey::generate(&SystemEntropy));
    let id = "ntf_00000000000000000000000001";
    for (arguments, said_so) in [
        (&["status"][..], "401 unauthenticated"),
        (&["dead"], "401 unauthenticated"),
        (&["requeue", "--all"], "401 unauthenticated"),
        (&["requeue", id], "401 unauthenticated"),
    ] {
        let output = world.run_with(arguments, api.expose(), admin.expose());
        let printed = said(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?} {printed}");
        assert!(printed.contains(said_so) && !printed.contains(api.expose()), "{printed}");
        // Each key where the other belongs.
        let output = world.run_with(arguments, admin.expose(), api.expose());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    let output = world.run_with(&["requeue", id], &world.api_key, "");
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output.stderr).contains("404 not_found"), "{}", said(&output.stderr));
}
