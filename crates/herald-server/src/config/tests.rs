//! Each fault that the checks know, from a snippet of TOML to the key path that it names.

use super::*;

/// A good file with two tenants; the faults below are made by changing one thing.
const GOOD: &str = r#"
[server]
public_url = "https://login.example"
trusted_proxies = ["10.0.0.0/8"]

[store]
encryption_keys = [{ env = "KEY" }]

[tenants.acme]
name = "Acme Shop"
return_urls = ["https://shop.acme.example/signed-in"]
login = "main"
notify = ["main", "backup"]
[[tenants.acme.keys]]
name = "shop backend"
sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
scopes = ["logins:write"]
[tenants.acme.connections.main]
provider = "antirius"
base_url = "https://id.antirius.com"
app_id = "683f1a2b3c4d5e6f70819a2b"
message_token = { env = "TOKEN" }
[tenants.acme.connections.backup]
provider = "antara"
base_url = "https://api.useantara.com"
client_id = "3f0c8a52-6d1e-4b7a-9c35-5a2b7e9d1c40"
api_key = { env = "TOKEN" }

[tenants.globex]
return_urls = ["https://globex.example/in"]
login = "staff"
[[tenants.globex.keys]]
name = "backend"
sha256 = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
scopes = ["logins:read"]
[tenants.globex.connections.staff]
provider = "authara"
base_url = "http://authara:8080"
is_private = true
browser_url = "https://app.globex.example/herald"
verify = "remote"
"#;

pub(super) fn environment(name: &str) -> Option<String> {
    match name {
        "KEY" => Some("k0bBY4nGWvrrj1HrpGnyLX5kwvXkMUFuYpLrQWBpPpM=".to_owned()),
        "TOKEN" => Some("a-token-of-30-characters-01234".to_owned()),
        "OTHER" => Some("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".to_owned()),
        _ => None,
    }
}

pub(super) fn changed(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    GOOD.replacen(from, to, 1)
}

pub(super) fn faults(text: &str) -> Vec<Finding> {
    parse(text, &environment).map_or_else(|refused| refused.faults, |_| Vec::new())
}

#[test]
fn a_good_file_has_no_fault_and_means_what_it_says() {
    let loaded = parse(GOOD, &environment).unwrap();
    assert_eq!(loaded.warnings, []);
    let [acme, globex] = &loaded.config.tenants[..] else { panic!("two tenants") };
    assert_eq!(acme.name, "Acme Shop");
    assert_eq!(
        acme.notify.iter().map(herald_core::id::ConnectionId::as_str).collect::<Vec<_>>(),
        ["main", "backup"]
    );
    assert_eq!(globex.name, "globex");
    let Provider::Antirius(main) = &acme.connections[1].provider else { panic!("antirius") };
    assert_eq!(
        (main.issuer.as_str(), main.origin.as_str()),
        ("https://id.antirius.com", "https://login.example")
    );
    assert_eq!(acme.connections[1].browser_url, "https://login.example");
    assert_eq!(globex.connections[0].account(), "https://app.globex.example");
}

/// What is changed in the good file, into what, and the key path that the fault has to name.
const CASES: &[(&str, &str, &str)] = &[
    ("public_url = \"https://login.example\"", "public_url = \"http://login.example\"", "server.public_url"),
    ("public_url = \"https://login.example\"", "", "server"),
    ("public_url", "listen = \"nowhere\"\npublic_url", "server.listen"),
    ("public_url", "management_listen = \"127.0.0.1:8080\"\npublic_url", "server.management_listen"),
    ("public_url", "liisten = 5\npublic_url", "server.liisten"),
    (
        "public_url",
        "admin_keys = [{ name = \"ops\", sha256 = \"x\" }]\npublic_url",
        "server.admin_keys[0].sha256",
    ),
    ("10.0.0.0/8", "10.0.0.0/99", "server.trusted_proxies[0]"),
    ("[store]", "[stoore]", "stoore"),
    ("tenants.globex]", "tenants.Globex]", "tenants.Globex"),
    ("name = \"Acme Shop\"", "name = 5", "tenants.acme.name"),
    ("https://shop.acme.example/signed-in", "http://shop.acme.example/", "tenants.acme.return_urls[0]"),
    ("login = \"main\"", "login = \"mian\"", "tenants.acme.login"),
    ("\"backup\"]", "\"nobody\"]", "tenants.acme.notify[1]"),
    ("\"backup\"]", "\"main\"]", "tenants.acme.notify[1]"),
    ("message_token = { env = \"TOKEN\" }", "", "tenants.acme.notify[0]"),
    ("api_key = { env = \"TOKEN\" }", "", "tenants.acme.notify[1]"),
    ("login = \"staff\"", "login = \"staff\"\nnotify = [\"staff\"]", "tenants.globex.notify[0]"),
    ("name = \"Acme Shop\"", "on_unknown = \"maybe\"", "tenants.acme.on_unknown"),
    ("\"logins:write\"", "\"logins:all\"", "tenants.acme.keys[0].scopes[0]"),
    ("[\"logins:write\"]", "[]", "tenants.acme.keys[0].scopes"),
    ("9f86d081884c7d659a2f", "zz86d081884c7d659a2f", "tenants.acme.keys[0].sha256"),
    (
        "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "tenants.globex.keys[0].sha256",
    ),
    ("provider = \"antirius\"", "", "tenants.acme.connections.main.provider"),
    ("provider = \"antirius\"", "provider = \"acme\"", "tenants.acme.connections.main.provider"),
    ("connections.main]", "connections.\"Main!\"]", "tenants.acme.connections.Main!"),
    (
        "base_url = \"https://id.antirius.com\"",
        "base_url = \"https://10.0.0.1\"",
        "tenants.acme.connections.main.base_url",
    ),
    ("base_url = \"https://id.antirius.com\"", "", "tenants.acme.connections.main"),
    ("683f1a2b3c4d5e6f70819a2b", "683f", "tenants.acme.connections.main.app_id"),
    ("app_id", "link_hosts = [\"https://t.me\"]\napp_id", "tenants.acme.connections.main.link_hosts[0]"),
    ("app_id", "link_hosts = []\napp_id", "tenants.acme.connections.main.link_hosts"),
    ("app_id", "origin = \"https://a.example/path\"\napp_id", "tenants.acme.connections.main.origin"),
    ("app_id", "timeout_seconds = 61\napp_id", "tenants.acme.connections.main.timeout_seconds"),
    ("app_id", "leeway_seconds = 61\napp_id", "tenants.acme.connections.main.leeway_seconds"),
    ("app_id", "max_in_flight = 0\napp_id", "tenants.acme.connections.main.max_in_flight"),
    ("app_id", "app_secret = \"x\"\napp_id", "tenants.acme.connections.main.app_secret"),
    ("{ env = \"TOKEN\" }", "\"changeme-changeme\"", "tenants.acme.connections.main.message_token"),
    ("{ env = \"TOKEN\" }", "5", "tenants.acme.connections.main.message_token"),
    ("3f0c8a52-6d1e-4b7a-9c35-5a2b7e9d1c40", "3f0c", "tenants.acme.connections.backup.client_id"),
    ("client_id", "scopes = [\"a b\"]\nclient_id", "tenants.acme.connections.backup.scopes[0]"),
    (
        "client_id",
        "webhook = { secret = \"long-enough-0123\", header = \"a b\" }\nclient_id",
        "tenants.acme.connections.backup.webhook.header",
    ),
    (
        "browser_url = \"https://app.globex.example/herald\"",
        "",
        "tenants.globex.connections.staff.browser_url",
    ),
    ("is_private = true", "", "tenants.globex.connections.staff.base_url"),
    ("\"remote\"", "\"local\"", "tenants.globex.connections.staff.issuer"),
    ("\"remote\"", "\"remote\"\nissuer = \"x\"", "tenants.globex.connections.staff.issuer"),
    (
        "\"remote\"",
        "\"local\"\nissuer = \"x\"\naudience = \"app\"\nkeys = { k1 = \"c2hvcnQ=\" }",
        "tenants.globex.connections.staff.keys.k1",
    ),
];

#[test]
fn operators_have_keys_of_their_own() {
    let sha256 = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8";
    let admin = |sha256: &str| {
        changed(
            "public_url",
            &format!("admin_keys = [{{ name = \"ops\", sha256 = {sha256:?} }}]\npublic_url"),
        )
    };
    let loaded = parse(&admin(sha256), &environment).unwrap();
    assert_eq!(loaded.warnings, []);
    let [key] = &loaded.config.server.admin_keys[..] else { panic!("one key") };
    assert_eq!((key.name.as_str(), key.sha256.to_hex()), ("ops", sha256.to_owned()));
    let tenants = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    assert_eq!(faults(&admin(tenants))[0].path, "tenants.acme.keys[0].sha256");
}

#[test]
fn every_fault_names_its_key() {
    name_their_keys(CASES);
}

/// Each of these changes of the good file has a fault that names this key path.
pub(super) fn name_their_keys(cases: &[(&str, &str, &str)]) {
    for (from, to, path) in cases {
        let found = faults(&changed(from, to));
        assert!(found.iter().any(|fault| fault.path == *path), "{to}: expected {path}, found {found:?}");
    }
}

#[test]
fn all_faults_are_named_at_once() {
    let text = GOOD
        .replace("10.0.0.0/8", "nowhere")
        .replace("login = \"main\"", "login = \"mian\"")
        .replace("app_id =", "appid =")
        .replace("\"logins:read\"", "\"x\"");
    let found: Vec<_> = faults(&text).into_iter().map(|fault| fault.path).collect();
    assert_eq!(
        found,
        [
            "tenants.acme.connections.main.appid",
            "server.trusted_proxies[0]",
            "tenants.acme.login",
            "tenants.globex.keys[0].scopes[0]",
        ]
    );
}

#[test]
fn one_provider_account_belongs_to_one_tenant() {
    let second = |app_id: &str| {
        format!(
            "{GOOD}[tenants.globex.connections.two]\nprovider = \"antirius\"\n\
             base_url = \"https://id.antirius.com\"\napp_id = \"{app_id}\"\n"
        )
    };
    let found = faults(&second("683F1A2B3C4D5E6F70819A2B"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].path, "tenants.globex.connections.two");
    assert_eq!(faults(&second("683f1a2b3c4d5e6f70819a2c")), []);

    // One sandbox serves many tenants.
    let development = second("683F1A2B3C4D5E6F70819A2B").replace("[server]", "[server]\ndevelopment = true");
    let warnings = parse(&development, &environment).unwrap().warnings;
    assert!(warnings.iter().any(|warning| warning.path == "tenants.globex.connections.two"), "{warnings:?}");
}

#[test]
fn no_fault_repeats_a_secret() {
    for text in [
        changed("app_id", "timeout_seconds = \"canary-canary\"\napp_id"),
        changed("client_id", "webhook = \"canary-canary\"\nclient_id"),
        changed("client_id", "webhook = { secret = \"canary\", encoding = \"hex\" }\nclient_id"),
        changed("{ env = \"KEY\" }", "\"canary-canary\""),
        changed("{ env = \"TOKEN\" }", "{ env = \"TOKEN\", value = \"canary\" }"),
        changed("app_id", "message_secret = \"canary\napp_id"),
    ] {
        let found = faults(&text);
        assert!(
            !found.is_empty() && found.iter().all(|fault| !fault.to_string().contains("canary")),
            "{found:?}"
        );
    }
}

#[test]
fn a_connection_knows_how_its_provider_signs_once_there_is_a_secret() {
    use herald_core::webhook_source::SignatureEncoding;

    let webhook_of_backup = |text: &str| {
        let loaded = parse(text, &environment).unwrap();
        assert_eq!(loaded.warnings, []);
        let acme = loaded.config.tenants.into_iter().find(|tenant| tenant.id.as_str() == "acme").unwrap();
        acme.connections.into_iter().find(|connection| connection.id.as_str() == "backup").unwrap().webhook
    };
    assert!(webhook_of_backup(&changed("client_id", "client_id")).is_none());
    let usual = "webhook = { secret = { env = \"TOKEN\" } }\nclient_id";
    let webhook = webhook_of_backup(&changed("client_id", usual)).unwrap();
    assert_eq!((webhook.header, webhook.encoding), (None, SignatureEncoding::Sha256Hex));
    let own =
        "webhook = { secret = { env = \"TOKEN\" }, header = \"X-Own\", encoding = \"base64\" }\nclient_id";
    let webhook = webhook_of_backup(&changed("client_id", own)).unwrap();
    assert_eq!((webhook.header.as_deref(), webhook.encoding), (Some("X-Own"), SignatureEncoding::Base64));
}

#[test]
fn development_allows_what_nothing_else_does() {
    let text = changed(
        "public_url = \"https://login.example\"",
        "public_url = \"http://127.0.0.1:8080\"\ndevelopment = true",
    )
    .replace("[store]", "[store]\npath = \":memory:\"")
    .replace("encryption_keys = [{ env = \"KEY\" }]", "")
    .replace("https://id.antirius.com", "http://127.0.0.1:9100")
    .replacen("{ env = \"TOKEN\" }", "\"short\"", 1);
    assert_eq!(faults(&text), []);
    let demo = herald_core::secret::Digest::of(crate::demo::TENANTS[0].api_key).to_hex();
    let sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    assert_eq!(faults(&text.replace(sha256, &demo)), []);
    assert_eq!(faults(&changed(sha256, &demo))[0].path, "tenants.acme.keys[0].sha256");
}

#[test]
fn the_addresses_to_register_are_said_for_each_connection() {
    let text = changed("client_id", "webhook = { secret = { env = \"TOKEN\" } }\nclient_id");
    let all = registrations(&parse(&text, &environment).unwrap().config);
    let lines =
        all.iter().flat_map(|registration| registration.lines.iter().cloned()).collect::<Vec<_>>().join("\n");
    for expected in [
        "https://login.example/callback/acme/backup",
        "https://login.example/hooks/acme/backup",
        "allowed domains: login.example",
        "https://login.example/login/",
        "https://app.globex.example/herald/ to Herald",
        "/herald/callback/globex/staff/",
    ] {
        assert!(lines.contains(expected), "{expected} in\n{lines}");
    }
}

#[test]
fn what_is_shown_has_defaults_and_no_secret() {
    let text = changed("{ env = \"TOKEN\" }", "\"canary-canary-canary\"");
    let shown = toml::to_string(&parse(&text, &environment).unwrap().file).unwrap();
    assert!(!shown.contains("canary") && shown.contains("message_token = \"***\""), "{shown}");
    assert!(shown.contains("timeout_seconds = 10") && shown.contains("env = \"KEY\""), "{shown}");
    assert!(
        shown.contains("algorithm = \"ES256\"") && shown.contains("key_rotation_seconds = 2592000"),
        "{shown}"
    );
}

#[test]
fn the_schema_knows_every_section_and_key() {
    let schema = json_schema();
    for pointer in [
        "/properties/server",
        "/$defs/TenantSection/properties/connections",
        "/$defs/ConnectionSection/oneOf/1/properties/link_hosts",
        "/$defs/ConnectionSection/oneOf/2/properties/verify",
        "/$defs/StoreSection/properties/encryption_keys",
    ] {
        assert!(schema.pointer(pointer).is_some(), "{pointer}");
    }
    let sections = schema["$defs"].as_object().unwrap();
    let named = sections.iter().filter(|(name, _)| name.ends_with("Section") && *name != "ConnectionSection");
    let shapes = schema["$defs"]["ConnectionSection"]["oneOf"].as_array().unwrap();
    for section in named.map(|(_, section)| section).chain(shapes) {
        let is_closed =
            ["additionalProperties", "unevaluatedProperties"].iter().any(|key| section[key] == false);
        assert!(is_closed, "every section refuses unknown keys: {section}");
    }
}
