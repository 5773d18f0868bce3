//! The headers that many answers carry.

use serde_json::Value;

use super::{Guard, json, operations};

#[test]
fn the_status_of_an_answer_says_which_headers_it_carries() {
    let document = json();
    for (path, _, operation) in operations(&document) {
        let is_tenants = matches!(Guard::of(path), Guard::Tenant | Guard::OAuth);
        for (status, response) in operation["responses"].as_object().unwrap() {
            let has = |name: &str| response["headers"].get(name).is_some();
            assert!(has("X-Request-Id"), "{path} {status}");
            assert_eq!(has("Retry-After"), matches!(status.as_str(), "429" | "503"), "{path} {status}");
            assert_eq!(has("WWW-Authenticate"), status == "401", "{path} {status}");
            let is_counted = is_tenants && !matches!(status.as_str(), "401" | "415");
            for name in ["RateLimit", "RateLimit-Policy"] {
                assert_eq!(has(name), is_counted, "{path} {status} {name}");
            }
        }
    }
    let headers = document["components"]["headers"].as_object().unwrap();
    for (name, header) in headers {
        assert!(header["description"].is_string() && header["example"] != Value::Null, "{name}");
    }
}
