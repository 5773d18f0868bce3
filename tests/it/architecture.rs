//! Who may depend on whom: the rules of ARCHITECTURE.md, checked over the packages' manifests and one look at the sources.
//! Each rule is a function over a graph, and is tested on a bad one.

use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::tree::{self, Text};

/// One package and what its manifest asks for.
#[derive(Debug)]
struct Package {
    name: String,
    needs: Vec<Need>,
}

/// One line under `[dependencies]` or its like.
#[derive(Debug)]
struct Need {
    on: String,
    /// Not only for tests.
    is_normal: bool,
}

type Rule = fn(&[Package]) -> Vec<String>;

const RULES: [(&str, Rule); 8] = [
    ("herald-core does no IO: it needs only what is listed here", core_is_pure),
    ("an adapter needs no other adapter, not the application, no store", adapters_stand_alone),
    ("a store needs no other store, no adapter, not the application", stores_stand_alone),
    ("the application names no adapter, no store and no actix", app_is_free),
    ("only herald-outbound speaks HTTP to the outside", outbound_has_reqwest),
    ("only the store on Redis has Redis", only_the_store_has_redis),
    ("the testkit is for tests", testkit_is_for_tests),
    (
        "of ours the sandbox needs herald-outbound only, and the black-box tests the testkit only",
        outsiders_know_little,
    ),
];

/// What the words and contracts may be made of: no runtime, no sockets, no files.
const CORE_MAY_NEED: [&str; 13] = [
    "async-trait",
    "aws-lc-rs",
    "base64",
    "jiff",
    "jsonwebtoken",
    "secrecy",
    "serde",
    "serde_json",
    "subtle",
    "thiserror",
    "url",
    "uuid",
    "zeroize",
];
const ADAPTERS: [&str; 3] = ["herald-antara", "herald-antirius", "herald-authara"];

#[test]
fn the_crates_depend_on_each_other_as_designed() {
    let packages = packages();
    assert!(packages.iter().any(|package| package.name == "herald-core"), "{packages:?}");
    let faults: Vec<String> = RULES
        .iter()
        .flat_map(|(rule, check)| check(&packages).into_iter().map(move |fault| format!("{rule}: {fault}")))
        .collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn only_the_registry_names_adapters_and_stores() {
    let faults = names_adapters(&tree::texts());
    assert!(faults.is_empty(), "{faults:?}");
}

fn packages() -> Vec<Package> {
    let metadata = MetadataCommand::new()
        .manifest_path(tree::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo can read its own workspace");
    let read = |package: cargo_metadata::Package| Package {
        name: package.name.to_string(),
        needs: package
            .dependencies
            .into_iter()
            .map(|need| Need { on: need.name, is_normal: need.kind != DependencyKind::Development })
            .collect(),
    };
    metadata.packages.into_iter().map(read).collect()
}

/// Those needs, normal or for tests, of the packages chosen by `of` that `is_wrong` finds wrong.
fn wrong(
    packages: &[Package],
    of: impl Fn(&str) -> bool,
    is_wrong: impl Fn(&str, &Need) -> bool,
) -> Vec<String> {
    let chosen = packages.iter().filter(|package| of(&package.name));
    let needs = chosen.flat_map(|package| package.needs.iter().map(move |need| (package, need)));
    let found = needs.filter(|(package, need)| is_wrong(&package.name, need));
    found.map(|(package, need)| format!("{} needs {}", package.name, need.on)).collect()
}

fn is_adapter(name: &str) -> bool {
    ADAPTERS.contains(&name)
}

fn is_store(name: &str) -> bool {
    name.starts_with("herald-store-")
}

fn core_is_pure(packages: &[Package]) -> Vec<String> {
    wrong(
        packages,
        |name| name == "herald-core",
        |_, need| {
            let is_allowed = CORE_MAY_NEED.contains(&need.on.as_str());
            // The testkit would compile core a second time, with two incompatible copies of every type.
            (need.is_normal && !is_allowed) || need.on.starts_with("herald-")
        },
    )
}

fn adapters_stand_alone(packages: &[Package]) -> Vec<String> {
    wrong(packages, is_adapter, |_, need| {
        is_adapter(&need.on)
            || is_store(&need.on)
            || ["herald-app", "herald-server", "actix-web"].contains(&&*need.on)
    })
}

fn stores_stand_alone(packages: &[Package]) -> Vec<String> {
    wrong(packages, is_store, |_, need| {
        let is_ours = need.on.starts_with("herald-");
        is_ours && !["herald-core", "herald-testkit"].contains(&&*need.on)
    })
}

fn app_is_free(packages: &[Package]) -> Vec<String> {
    wrong(
        packages,
        |name| name == "herald-app",
        |_, need| {
            let is_web = need.on.starts_with("actix")
                || ["herald-server", "herald-outbound", "herald-sandbox"].contains(&&*need.on);
            is_adapter(&need.on) || is_web || (is_store(&need.on) && need.is_normal)
        },
    )
}

fn outbound_has_reqwest(packages: &[Package]) -> Vec<String> {
    wrong(
        packages,
        |name| name != "herald-outbound",
        |_, need| need.is_normal && ["reqwest", "hyper", "hyper-util", "awc", "ureq"].contains(&&*need.on),
    )
}

fn only_the_store_has_redis(packages: &[Package]) -> Vec<String> {
    wrong(
        packages,
        |name| name != "herald-store-redis",
        |_, need| ["redis", "fred", "deadpool-redis"].contains(&&*need.on),
    )
}

fn testkit_is_for_tests(packages: &[Package]) -> Vec<String> {
    wrong(packages, |_| true, |_, need| need.is_normal && need.on == "herald-testkit")
}

fn outsiders_know_little(packages: &[Package]) -> Vec<String> {
    let is_outsider = |name: &str| ["herald-sandbox", "herald-e2e"].contains(&name);
    wrong(packages, is_outsider, |name, need| {
        let is_allowed = match name {
            "herald-sandbox" => need.on == "herald-outbound",
            // For its servers and ports, which know nothing of Herald.
            _ => need.on == "herald-testkit",
        };
        need.on.starts_with("herald-") && !is_allowed
    })
}

/// Files of the server, other than the registry, that name an adapter or a store.
fn names_adapters(texts: &[Text]) -> Vec<String> {
    let names: Vec<String> =
        ADAPTERS.into_iter().chain(["herald-store-embedded"]).map(|name| name.replace('-', "_")).collect();
    let is_judged = |text: &&Text| {
        text.path.starts_with("crates/herald-server/src/")
            && text.is("rs")
            && !text.path.ends_with("/registry.rs")
    };
    let is_code = |line: &str| !line.trim_start().starts_with("//");
    let does = |text: &&Text| {
        text.body
            .lines()
            .filter(|line| is_code(line))
            .any(|line| names.iter().any(|name| line.contains(name.as_str())))
    };
    texts.iter().filter(is_judged).filter(does).map(|text| text.path.clone()).collect()
}

/// How many faults `rule` finds where `package` has one normal need, and where it has the same for tests only.
fn faults(rule: Rule, package: &str, on: &str) -> (usize, usize) {
    let judge = |is_normal| {
        let needs = vec![Need { on: on.to_owned(), is_normal }];
        rule(&[Package { name: package.to_owned(), needs }]).len()
    };
    (judge(true), judge(false))
}

#[test]
fn io_in_core_is_found() {
    assert_eq!(faults(core_is_pure, "herald-core", "tokio"), (1, 0));
    assert_eq!(faults(core_is_pure, "herald-core", "herald-testkit"), (1, 1));
    assert_eq!(faults(core_is_pure, "herald-core", "serde"), (0, 0));
}

#[test]
fn an_adapter_that_knows_too_much_is_found() {
    for on in ["herald-antirius", "herald-app", "herald-store-embedded"] {
        assert_eq!(faults(adapters_stand_alone, "herald-antara", on), (1, 1), "{on}");
    }
    assert_eq!(faults(adapters_stand_alone, "herald-antara", "herald-outbound"), (0, 0));
}

#[test]
fn a_store_that_knows_too_much_is_found() {
    assert_eq!(faults(stores_stand_alone, "herald-store-embedded", "herald-app"), (1, 1));
    assert_eq!(faults(stores_stand_alone, "herald-store-embedded", "herald-core"), (0, 0));
}

#[test]
fn an_application_that_names_the_outside_is_found() {
    assert_eq!(faults(app_is_free, "herald-app", "herald-antara"), (1, 1));
    assert_eq!(faults(app_is_free, "herald-app", "actix-web"), (1, 1));
    assert_eq!(faults(app_is_free, "herald-app", "herald-store-embedded"), (1, 0));
}

#[test]
fn a_second_http_client_is_found() {
    assert_eq!(faults(outbound_has_reqwest, "herald-server", "reqwest"), (1, 0));
    assert_eq!(faults(outbound_has_reqwest, "herald-outbound", "reqwest"), (0, 0));
}

#[test]
fn a_redis_client_is_found() {
    assert_eq!(faults(only_the_store_has_redis, "herald-app", "redis"), (1, 1));
    assert_eq!(faults(only_the_store_has_redis, "herald-store-redis", "redis"), (0, 0));
}

#[test]
fn a_testkit_that_is_shipped_is_found() {
    assert_eq!(faults(testkit_is_for_tests, "herald-server", "herald-testkit"), (1, 0));
}

#[test]
fn a_sandbox_that_knows_herald_is_found() {
    assert_eq!(faults(outsiders_know_little, "herald-sandbox", "herald-core"), (1, 1));
    assert_eq!(faults(outsiders_know_little, "herald-sandbox", "herald-outbound"), (0, 0));
    assert_eq!(faults(outsiders_know_little, "herald-e2e", "herald-outbound"), (1, 1));
    assert_eq!(faults(outsiders_know_little, "herald-e2e", "herald-testkit"), (0, 0));
}

#[test]
fn a_file_beside_the_registry_that_names_an_adapter_is_found() {
    let line = "use herald_antara::Antara;";
    let judge = |path: &str, body: &str| names_adapters(&[Text::of(path, body)]).len();
    assert_eq!(judge("crates/herald-server/src/startup.rs", line), 1);
    assert_eq!(
        judge("crates/herald-server/src/startup.rs", "/// Like `herald_antara`.\n// herald_antara"),
        0
    );
    assert_eq!(judge("crates/herald-server/src/registry.rs", line), 0);
    assert_eq!(judge("crates/herald-antara/tests/it/main.rs", line), 0);
}
