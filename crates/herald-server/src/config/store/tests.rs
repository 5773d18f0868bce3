//! What the checks know of the store.

use crate::config::{
    Loaded, StorePlace, parse,
    tests::{changed, environment, faults, name_their_keys},
};

/// What is changed in the good file, into what, and the key path that the fault has to name.
const CASES: &[(&str, &str, &str)] = &[
    ("[store]", "[store]\nkind = \"redis\"", "store.urls"),
    ("[store]", "[store]\nkind = \"rediss\"", "store.kind"),
    ("[store]", "[store]\nkind = \"redis\"\nurls = [\"http://x\"]", "store.urls[0]"),
    ("[store]", "[store]\nkind = \"redis\"\nurls = [{ env = \"MISSING\" }]", "store.urls[0]"),
    ("[store]", "[store]\nkind = \"redis\"\nurls = [\"redis://x\", \"redis://y\"]", "store.urls"),
    (
        "[store]",
        "[store]\nkind = \"redis\"\nurls = [\"redis://x\"]\nmode = \"sentinel\"",
        "store.master_name",
    ),
    (
        "[store]",
        "[store]\nkind = \"redis\"\nurls = [\"redis://x\"]\nmaster_name = \"m\"",
        "store.master_name",
    ),
    ("[store]", "[store]\nkind = \"redis\"\nurls = [\"redis://x\"]\npath = \"x\"", "store.path"),
    ("[store]", "[store]\nkind = \"redis\"\nurls = [\"redis://x\"]\nprefix = \"a:b\"", "store.prefix"),
    ("[store]", "[store]\nkind = \"redis\"\nurls = [\"redis://x\"]\nreplicas = 0", "store.replicas"),
    ("[store]", "[store]\nprefix = \"x\"", "store.prefix"),
    ("[store]", "[store]\nreplicas = 2", "store.replicas"),
    ("[store]", "[store]\nreplicas = 0", "store.replicas"),
    ("[store]", "[store]\nurls = [\"redis://x\"]", "store.urls"),
    ("[store]", "[store]\npath = \":memory:\"", "store.path"),
    ("[store]", "[store]\npath = \"\"", "store.path"),
    ("encryption_keys = [{ env = \"KEY\" }]", "", "store.encryption_keys"),
    ("{ env = \"KEY\" }", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"", "store.encryption_keys[0]"),
    ("{ env = \"KEY\" }", "{ env = \"OTHER\" }", "store.encryption_keys[0]"),
    ("{ env = \"KEY\" }", "{ env = \"MISSING\" }", "store.encryption_keys[0]"),
    ("{ env = \"KEY\" }", "\"c2hvcnQ=\"", "store.encryption_keys[0]"),
    ("{ env = \"KEY\" }", "{ env = \"KEY\" }, { env = \"KEY\" }", "store.encryption_keys[1]"),
];

#[test]
fn every_fault_names_its_key() {
    name_their_keys(CASES);
}

fn with_authorities(url: &str, path: &str) -> String {
    let section = format!("[store]\nkind = \"redis\"\nurls = [\"{url}\"]\nca_file = \"{path}\"");
    changed("[store]", &section)
}

#[test]
fn the_authorities_of_redis_are_certificates_and_for_tls() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let good = file("good.pem", certificate);
    let Loaded { config, .. } = parse(&with_authorities("rediss://x", &good), &environment).unwrap();
    let StorePlace::Redis(place) = config.store.place else { panic!("{:?}", config.store.place) };
    assert_eq!(place.authorities.as_deref(), Some(certificate.as_bytes()));
    for (url, path) in [
        ("rediss://x", file("key.pem", &certificate.replace("CERTIFICATE", "PRIVATE KEY"))),
        ("rediss://x", file("text.pem", "AAAA")),
        ("rediss://x", file("cut.pem", &format!("{certificate}-----BEGIN CERTIFICATE-----\nAAAA"))),
        ("rediss://x", directory.path().join("none.pem").to_str().unwrap().to_owned()),
        ("redis://x", good.clone()),
    ] {
        let faults = faults(&with_authorities(url, &path));
        assert!(faults.iter().any(|fault| fault.path == "store.ca_file"), "{url} {path}: {faults:?}");
    }
}
