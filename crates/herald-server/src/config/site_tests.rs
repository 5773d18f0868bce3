//! What the checks know of sessions and sites.

use super::{
    tests::{changed, environment, faults},
    *,
};

/// What the tenant `acme` of the good file gets, and the key path below `tenants.acme` that the fault has to name.
const CASES: &[(&str, &str)] = &[
    ("sessions = { algorithm = \"RS256\" }", "sessions.algorithm"),
    ("sessions = { idle_seconds = 59 }", "sessions.idle_seconds"),
    ("sessions = { idle_seconds = 600, absolute_seconds = 599 }", "sessions.idle_seconds"),
    ("sessions = { absolute_seconds = 31536001 }", "sessions.absolute_seconds"),
    ("sessions = { refresh_grace_seconds = 301 }", "sessions.refresh_grace_seconds"),
    ("sessions = { key_rotation_seconds = 3599 }", "sessions.key_rotation_seconds"),
    ("sessions = { audience = \" \" }", "sessions.audience"),
    ("sessions = { lifetime = 5 }", "sessions.lifetime"),
    (
        "sessions = { backchannel_logout_url = \"http://shop.example/out\" }",
        "sessions.backchannel_logout_url",
    ),
    ("sessions = { backchannel_logout_url = \"https://10.0.0.1/out\" }", "sessions.backchannel_logout_url"),
    ("sessions = { backchannel_logout_is_private = true }", "sessions.backchannel_logout_is_private"),
    ("sites = [{ url = \"http://app.acme.example/.herald\" }]", "sites[0].url"),
    ("sites = [{ url = \"https://app.acme.example\" }]", "sites[0].url"),
    ("sites = [{ url = \"https://app.acme.example/a/../b\" }]", "sites[0].url"),
    ("sites = [{ url = \"https://app.acme.example/.herald?x=1\" }]", "sites[0].url"),
    ("sites = [{ url = \"https://a@app.acme.example/.herald\" }]", "sites[0].url"),
    ("sites = [{ url = \"https://app.acme.example./.herald\" }]", "sites[0].url"),
    ("sites = [{ url = \"https://Login.example:443/.herald\" }]", "sites[0].url"),
    ("sites = [{ url = \"https://login.example:8443/.herald\" }]", "sites[0].url"),
    ("sites = [{ url = \"https://a.example/x\" }, { url = \"https://A.example:443/y\" }]", "sites[1].url"),
    ("sites = [{ url = \"https://a.example/x\" }, { url = \"https://A.example:8443/y\" }]", "sites[1].url"),
    ("sites = [{ url = \"https://[::1]:8443/x\" }, { url = \"https://[::1]:9443/y\" }]", "sites[1].url"),
    ("sites = [{ url = \"https://a.example/x\", connection = \"mian\" }]", "sites[0].connection"),
    ("sites = [{ url = \"https://a.example/x\", prefix = \"y\" }]", "sites[0].prefix"),
    (
        "sites = [{ url = \"https://a.example/x\", identity_headers = { Cookie = \"name\" } }]",
        "sites[0].identity_headers.Cookie",
    ),
    (
        "sites = [{ url = \"https://a.example/x\", identity_headers = { X-Name = \"nmae\" } }]",
        "sites[0].identity_headers.X-Name",
    ),
];

#[test]
fn every_fault_of_sessions_and_sites_names_its_key() {
    for (what, path) in CASES {
        let found = faults(&changed("name = \"Acme Shop\"", what));
        let path = format!("tenants.acme.{path}");
        assert!(found.iter().any(|fault| fault.path == path), "{what}: expected {path}, found {found:?}");
    }
}

#[test]
fn sessions_and_sites_mean_what_they_say() {
    let text = changed(
        "name = \"Acme Shop\"",
        "sessions = { algorithm = \"EdDSA\", audience = \"api\", idle_seconds = 600, absolute_seconds = 3600, \
         backchannel_logout_url = \"http://shop:8080/out?from=herald\", backchannel_logout_is_private = true }\n\
         limits = { logins_per_address = { limit = 20, per_seconds = 60 } }\n\
         sites = [{ url = \"https://App.acme.example:443/.herald/\", connection = \"backup\", \
         identity_headers = { X-Subject = \"subject\" } }]",
    );
    let loaded = parse(&text, &environment).unwrap();
    assert_eq!(loaded.warnings, []);
    let [acme, globex] = &loaded.config.tenants[..] else { panic!("two tenants") };
    let rules = &acme.sessions;
    assert_eq!((rules.algorithm.as_str(), rules.audience.as_deref()), ("EdDSA", Some("api")));
    assert_eq!((rules.lifetime.idle_seconds, rules.lifetime.absolute_seconds), (600, 3600));
    assert_eq!((rules.refresh_grace_seconds, rules.key_rotation_seconds), (60, 2_592_000));
    let receiver = rules.backchannel_logout.as_ref().unwrap();
    assert_eq!((receiver.url.as_str(), receiver.may_be_private), ("http://shop:8080/out?from=herald", true));
    assert_eq!(globex.sessions.algorithm.as_str(), "ES256");
    let [site] = &acme.sites[..] else { panic!("one site") };
    assert_eq!((site.origin.as_str(), site.prefix()), ("https://app.acme.example", "/.herald"));
    assert_eq!(site.connection.as_ref().map(herald_core::id::ConnectionId::as_str), Some("backup"));
    assert_eq!(site.identity_headers[0].1.as_str(), "subject");
}

#[test]
fn a_site_needs_somebody_to_sign_in_with_and_an_origin_of_its_own() {
    let site = |url: &str| format!("sites = [{{ url = {url:?} }}]\n");
    let found = faults(&changed("login = \"main\"\n", &site("https://app.acme.example/.herald")));
    assert_eq!(
        found.iter().map(|fault| &*fault.path).collect::<Vec<_>>(),
        ["tenants.acme.sites[0].connection"]
    );
    // Another tenant's origin.
    let acme = changed("name = \"Acme Shop\"\n", &site("https://app.globex.example/.acme"));
    assert_eq!(faults(&acme), []);
    let both = acme.replace(
        "login = \"staff\"\n",
        &format!("login = \"staff\"\n{}", site("https://app.globex.example/.herald")),
    );
    let found = faults(&both);
    assert_eq!(found.iter().map(|fault| &*fault.path).collect::<Vec<_>>(), ["tenants.globex.sites[0].url"]);
}

#[test]
fn sites_on_one_host_are_for_development_only() {
    let site = |url: &str| format!("sites = [{{ url = {url:?} }}]\n");
    let acme = changed("name = \"Acme Shop\"\n", &site("https://app.globex.example:8443/.herald"));
    let theirs = site("https://app.globex.example/.herald");
    let both = acme.replace("login = \"staff\"\n", &format!("login = \"staff\"\n{theirs}"));
    let found = faults(&both);
    let expected = "the same host as tenants.acme.sites[0].url, at another port";
    assert!(
        matches!(&found[..], [fault] if fault.path == "tenants.globex.sites[0].url" && fault.message.starts_with(expected)),
        "{found:?}"
    );
    let development = both.replacen("[server]\n", "[server]\ndevelopment = true\n", 1);
    let warned = parse(&development, &environment).unwrap().warnings;
    assert!(warned.contains(&found[0]), "{warned:?}");
    // Other hosts, however alike.
    for other in ["https://globex.example/.herald", "https://x.app.globex.example:8443/.herald"] {
        assert_eq!(faults(&both.replace("https://app.globex.example:8443/.herald", other)), [], "{other}");
    }
}

#[test]
fn a_site_with_authara_is_on_its_origin() {
    let site = |url: &str| {
        changed("login = \"staff\"\n", &format!("login = \"staff\"\nsites = [{{ url = {url:?} }}]\n"))
    };
    assert_eq!(faults(&site("https://app.globex.example/.herald")), []);
    let found = faults(&site("https://wiki.globex.example/.herald"));
    assert_eq!(found.iter().map(|fault| &*fault.path).collect::<Vec<_>>(), ["tenants.globex.sites[0].url"]);
}

#[test]
fn sites_that_no_proxy_may_ask_for_are_warned_of() {
    let text = with_a_site(LIMITED).replace("trusted_proxies = [\"10.0.0.0/8\"]", "");
    assert_eq!(warned_of(&text), ["server.trusted_proxies"]);
}

#[test]
fn sites_at_which_one_address_may_begin_any_number_of_logins_are_warned_of() {
    assert_eq!(warned_of(&with_a_site("")), ["tenants.acme.limits.logins_per_address"]);
    assert!(warned_of(&with_a_site(LIMITED)).is_empty());
}

const LIMITED: &str = "limits = { logins_per_address = { limit = 20, per_seconds = 60 } }\n";

/// The good file with a site of `acme`, and this beside it.
fn with_a_site(more: &str) -> String {
    let site = "sites = [{ url = \"https://app.acme.example/.herald\" }]";
    changed("name = \"Acme Shop\"\n", &format!("{site}\n{more}"))
}

fn warned_of(text: &str) -> Vec<String> {
    let warnings = parse(text, &environment).unwrap().warnings;
    warnings.into_iter().map(|warning| warning.path).collect()
}

#[test]
fn a_site_has_addresses_to_register_of_its_own() {
    let text = changed(
        "name = \"Acme Shop\"",
        "sites = [{ url = \"https://app.acme.example/.herald\" }, \
         { url = \"https://wiki.acme.example/.herald\", connection = \"backup\" }]",
    )
    .replace(
        "login = \"staff\"",
        "login = \"staff\"\nsites = [{ url = \"https://app.globex.example/.herald\" }]",
    );
    let all = registrations(&parse(&text, &environment).unwrap().config);
    let lines = |connection: &str| {
        let found = all.iter().find(|registration| registration.connection.starts_with(connection)).unwrap();
        found.lines.join("\n")
    };
    let backup = lines("acme/backup");
    assert!(
        backup.contains("redirect URI: https://wiki.acme.example/.herald/callback/acme/backup"),
        "{backup}"
    );
    assert!(backup.contains("redirect URI: https://login.example/callback/acme/backup"), "{backup}");
    assert!(!backup.contains("app.acme.example"), "{backup}");
    let main = lines("acme/main");
    assert!(main.contains("allowed domains: login.example, app.acme.example"), "{main}");
    assert!(main.contains("return addresses begin with: https://app.acme.example/.herald/login/"), "{main}");
    let staff = lines("globex/staff");
    assert!(staff.contains("https://app.globex.example/.herald/ to Herald"), "{staff}");
}
