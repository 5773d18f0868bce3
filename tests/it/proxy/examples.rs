//! All examples of `deploy/proxies` say the same, those of Traefik and Envoy too, which no test here can start.

use serde_json::Value;

use crate::tree;

/// What the examples pass on.
const HEADERS: [&str; 4] = ["X-Herald-Subject", "X-Herald-Name", "X-Herald-Email", "X-Herald-Identity"];
/// What Herald serves below the prefix; the rest is checked.
const PAGES: [&str; 6] = ["login", "qr", "callback", "start", "logout", "signed-out"];
/// The only paths that Envoy passes to Herald's pages.
const HERALDS_PAGES: &str = r"/\.herald/(?:(?:login|qr|callback)/.*|start|logout|signed-out)";
const EXAMPLES: [&str; 5] = ["nginx.conf", "Caddyfile", "traefik.yaml", "traefik-routes.yaml", "envoy.yaml"];

fn example(name: &str) -> String {
    tree::read(&format!("deploy/proxies/{name}"))
}

fn yaml(name: &str) -> Value {
    serde_norway::from_str(&example(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_example_names_the_same_headers_pages_and_addresses() {
    for name in ["nginx.conf", "Caddyfile", "traefik-routes.yaml", "envoy.yaml"] {
        let text = example(name);
        let lower = text.to_ascii_lowercase();
        for header in HEADERS {
            let needle = header.to_ascii_lowercase();
            assert!(lower.lines().any(|line| is_code(line) && line.contains(&needle)), "{name}: {header}");
        }
        for page in PAGES {
            assert!(text.lines().any(|line| is_code(line) && line.contains(page)), "{name}: {page}");
        }
        for line in text.lines().filter(|line| is_code(line)) {
            let names_api = line.contains("/v1");
            assert!(!names_api || line.contains("/v1/forward-auth/"), "{name}: {line}");
        }
        assert!(text.contains(r#"   url = "https://app.acme.example/.herald""#), "{name}");
        assert!(text.contains(&format!("#   identity_headers = {}", super::IDENTITY_HEADERS)), "{name}");
    }
    let readme = example("README.md");
    for name in EXAMPLES {
        assert!(readme.contains(name), "{name}");
    }
}

#[test]
fn the_example_for_nginx_writes_down_what_it_relies_on() {
    let nginx = example("nginx.conf");
    for line in ["underscores_in_headers off;", "ignore_invalid_headers on;"] {
        assert!(nginx.lines().any(|one| one.trim() == line), "{line}");
    }
}

#[test]
fn the_example_for_caddy_says_its_own_name_wherever_it_passes_a_request_on() {
    let caddy = example("Caddyfile");
    let lines: Vec<&str> = caddy.lines().map(str::trim).filter(|line| is_code(line)).collect();
    let passes_on = |line: &&str| line.starts_with("reverse_proxy ") || line.starts_with("forward_auth ");
    let places: Vec<&str> = lines.windows(2).filter(|pair| passes_on(&pair[0])).map(|pair| pair[1]).collect();
    assert_eq!(places, ["import own_name"; 4]);
    assert!(lines.contains(&"header_up X-Forwarded-Host app.acme.example"));
}

#[test]
fn the_example_for_traefik_deletes_claims_and_then_asks_herald() {
    let (setup, routes) = (yaml("traefik.yaml"), yaml("traefik-routes.yaml"));
    let file = setup["providers"]["file"]["filename"].as_str().unwrap();
    assert!(file.ends_with("/traefik-routes.yaml"), "{file}");
    assert!(
        setup["entryPoints"]["websecure"]["forwardedHeaders"].is_null(),
        "nobody's X-Forwarded-* is trusted"
    );

    let http = &routes["http"];
    let app = &http["routers"]["app"];
    assert_eq!(strings(&app["middlewares"]), ["no-claims", "herald-check"], "in this order");
    assert_eq!(app["rule"], "Host(`app.acme.example`)");
    let herald = &http["routers"]["herald"];
    assert_eq!(strings(&herald["middlewares"]), ["herald-prefix"]);
    assert!(herald["priority"].as_u64() > app["priority"].as_u64());
    let rule = herald["rule"].as_str().unwrap();
    for page in PAGES {
        assert!(
            rule.contains(&format!("Path(`/.herald/{page}"))
                || rule.contains(&format!("PathPrefix(`/.herald/{page}/")),
            "{page}"
        );
    }
    let middlewares = &http["middlewares"];
    let cleared = &middlewares["no-claims"]["headers"]["customRequestHeaders"];
    for header in HEADERS {
        assert_eq!(cleared[header], "", "{header}");
    }
    let check = &middlewares["herald-check"]["forwardAuth"];
    assert!(check["address"].as_str().unwrap().ends_with("/v1/forward-auth/traefik"));
    assert_eq!(check["trustForwardHeader"], false);
    // Traefik deletes from the request whatever this matches before it copies Herald's headers.
    assert_eq!(check["authResponseHeadersRegex"], "(?i)^x[^a-z0-9]herald[^a-z0-9]");
}

#[test]
fn the_example_for_envoy_deletes_claims_and_then_asks_herald() {
    let envoy = yaml("envoy.yaml");
    let chain = &envoy["static_resources"]["listeners"][0]["filter_chains"][0];
    let connections = &chain["filters"][0]["typed_config"];
    let filters = connections["http_filters"].as_array().unwrap();
    let names: Vec<&str> = filters.iter().map(|filter| filter["name"].as_str().unwrap()).collect();
    let order = ["header_mutation", "ext_authz", "router"].map(|name| format!("envoy.filters.http.{name}"));
    assert_eq!(names, order, "in this order");
    assert_eq!(connections["use_remote_address"], true);
    let underscores = &connections["common_http_protocol_options"]["headers_with_underscores_action"];
    assert_eq!(underscores, "DROP_HEADER");

    let removed = filters[0]["typed_config"]["mutations"]["request_mutations"].as_array().unwrap();
    let removed: Vec<&str> = removed.iter().map(|change| change["remove"].as_str().unwrap()).collect();
    for header in HEADERS {
        assert!(removed.contains(&&*header.to_ascii_lowercase()), "{header}");
    }
    let check = &filters[1]["typed_config"];
    assert_eq!(check["failure_mode_allow"], false);
    assert_eq!(check["http_service"]["path_prefix"], "/v1/forward-auth/envoy");
    let sent = check["allowed_headers"]["patterns"].to_string();
    for header in ["cookie", "accept", "origin", "x-forwarded-proto", "sec-fetch-", "sec-websocket-key"] {
        assert!(sent.contains(&format!("\"{header}\"")), "{header}");
    }
    let copied = &check["http_service"]["authorization_response"]["allowed_upstream_headers"]["patterns"];
    let every_spelling = &copied[0]["safe_regex"]["regex"];
    assert_eq!(every_spelling, "x[^a-z0-9]herald[^a-z0-9].*");
    assert!(sent.contains(&every_spelling.to_string()), "Herald sees them, to answer for them");

    let routes = connections["route_config"]["virtual_hosts"][0]["routes"].as_array().unwrap();
    let (last, unchecked) = routes.split_last().unwrap();
    assert_eq!(
        (&last["match"]["prefix"], &last["typed_per_filter_config"]),
        (&Value::from("/"), &Value::Null)
    );
    let unchecked: Vec<&Value> = unchecked.iter().map(|route| &route["match"]).collect();
    assert_eq!(unchecked.len(), 2, "Herald's pages and Authara: {unchecked:?}");
    assert_eq!(unchecked[0]["safe_regex"]["regex"], HERALDS_PAGES);
    assert_eq!(unchecked[1]["prefix"], "/auth/");
    assert_eq!(connections["normalize_path"], true);
}

fn is_code(line: &str) -> bool {
    !line.trim_start().starts_with('#')
}

fn strings(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().map(|item| item.as_str().expect("a string")).collect()
}
