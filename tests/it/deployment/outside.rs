//! What is passed on from outside: the same in every example and in the words beside it, the whole API and nothing of operators'.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{kubernetes::object, replicas::name_of};
use crate::tree;

/// What is for operators, and for proxies inside.
const INSIDE: [&str; 2] = ["/v1/admin/", "/v1/forward-auth/"];

/// What stands between these in a text.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("nothing says {before:?}"));
    rest.split(after).next().unwrap_or(rest)
}

/// The folders that nginx passes on, in its order, and those that it takes out.
fn of_nginx() -> (Vec<String>, Vec<String>) {
    let config = tree::read("deploy/replicas/nginx.conf");
    let folders = |root: &str, list: &str| {
        list.split('|').map(|name| format!("{root}{}/", name.replace('\\', ""))).collect::<Vec<_>>()
    };
    let taken_out = between(&config, "location ~ ^/v1/(?:admin", ")");
    let passed = between(&config, "location ~ ^/(?:v1|login|", ")");
    (folders("/", &format!("v1|login|{passed}")), folders("/v1/", &format!("admin{taken_out}")))
}

#[test]
fn every_page_names_the_paths_that_nginx_passes_on() {
    let (passed, taken_out) = of_nginx();
    assert_eq!(taken_out, INSIDE);
    let quoted = |path: &String| format!("`{path}`");
    let (last, others) = passed[1..].split_last().unwrap();
    let others = others.iter().map(quoted).collect::<Vec<_>>().join(", ");
    let [one, other] = &taken_out[..] else { panic!("{taken_out:?}") };
    let sentence = format!(
        "{} without {} and {}, {others} and {}",
        quoted(&passed[0]),
        quoted(one),
        quoted(other),
        quoted(last)
    );
    for page in ["deploy/README.md", "deploy/kubernetes/README.md"] {
        let text = tree::read(page).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(&sentence), "{page} does not say: {sentence}");
    }
}

/// The paths of the example of an Ingress, each of which takes what lies below it too.
fn of_ingress() -> BTreeSet<String> {
    let ingress = object("Ingress", "herald");
    let paths = ingress["spec"]["rules"][0]["http"]["paths"].as_array().unwrap();
    let path = |path: &Value| {
        assert_eq!(path["pathType"], "Prefix", "{path}");
        path["path"].as_str().unwrap().to_owned()
    };
    paths.iter().map(path).collect()
}

/// Is one of these the path or a folder above it?
fn is_passed_on(path: &str, prefixes: &BTreeSet<String>) -> bool {
    prefixes.iter().any(|prefix| path == prefix || path.starts_with(&format!("{prefix}/")))
}

#[test]
fn the_ingress_passes_on_the_whole_api_and_what_nginx_does_and_nothing_of_operators() {
    let prefixes = of_ingress();
    let document: Value = serde_json::from_str(&tree::read("openapi/herald.v1.json")).unwrap();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 20, "hardly any path");
    for path in paths.keys() {
        assert_eq!(is_passed_on(path, &prefixes), !path.starts_with(INSIDE[0]), "{path}");
    }
    for inside in INSIDE {
        assert!(!is_passed_on(inside, &prefixes), "{inside}");
    }
    let (passed, _) = of_nginx();
    let folders = |paths: &mut dyn Iterator<Item = String>| {
        paths.filter(|path| !path.starts_with("/v1/")).collect::<BTreeSet<_>>()
    };
    let ours = folders(&mut prefixes.iter().map(|path| format!("{path}/")));
    assert_eq!(ours, folders(&mut passed.into_iter()));
}

#[test]
fn the_ingress_leads_to_the_service_under_the_name_that_herald_has() {
    let (ingress, service) = (object("Ingress", "herald"), object("Service", "herald"));
    for path in ingress["spec"]["rules"][0]["http"]["paths"].as_array().unwrap() {
        let backend = &path["backend"]["service"];
        assert_eq!(backend["name"], service["metadata"]["name"], "{path}");
        assert_eq!(backend["port"]["name"], service["spec"]["ports"][0]["name"], "{path}");
    }
    let host = ingress["spec"]["rules"][0]["host"].as_str().unwrap();
    assert_eq!(ingress["spec"]["tls"][0]["hosts"][0], host);
    assert_eq!(host, name_of(&tree::read("deploy/replicas/nginx.conf")));
    let config = tree::read("deploy/kubernetes/herald.toml");
    assert!(config.contains(&format!("\npublic_url = \"https://{host}\"")), "herald.toml has another name");
}
