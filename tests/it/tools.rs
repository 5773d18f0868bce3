//! Every tool that tests start is there. `HERALD_TEST_REQUIRE` names those that have to be, by commas; all of them without it.
//! No test is left out for want of one, but this says at once which is missing.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::process::nginx;

/// What can be named, and how it is asked whether it is there.
type Tool = (&'static str, fn() -> Command);

const TOOLS: [Tool; 9] = [
    ("caddy", || asked("caddy", "version")),
    ("chromedriver", || asked("chromedriver", "--version")),
    ("chromium", || asked("chromium", "--version")),
    ("curl", || asked("curl", "--version")),
    ("nginx", || {
        let mut nginx = nginx();
        nginx.arg("-v");
        nginx
    }),
    ("openssl", || asked("openssl", "version")),
    ("redis", || asked("redis-server", "--version")),
    ("redis-cli", || asked("redis-cli", "--version")),
    ("validators", || {
        let mut validator = Command::new(validator("check-jsonschema"));
        validator.arg("--version");
        validator
    }),
];

#[test]
fn every_tool_that_is_required_starts() {
    let required = std::env::var("HERALD_TEST_REQUIRE").ok();
    let missing: Vec<String> =
        chosen(required.as_deref()).into_iter().filter_map(|(name, ask)| trouble(name, ask())).collect();
    assert!(missing.is_empty(), "scripts/install.sh installs them:\n{}", missing.join("\n"));
}

/// The tools of this list; all without one.
fn chosen(names: Option<&str>) -> Vec<Tool> {
    let Some(names) = names else { return TOOLS.to_vec() };
    let tool = |name| {
        TOOLS.into_iter().find(|(known, _)| *known == name).unwrap_or_else(|| {
            let known = TOOLS.map(|(known, _)| known).join(", ");
            panic!("HERALD_TEST_REQUIRE names {name:?}; it knows {known}")
        })
    };
    names.split(',').map(str::trim).map(tool).collect()
}

/// What is wrong with a tool, if something is.
fn trouble(name: &str, mut command: Command) -> Option<String> {
    match command.stdout(Stdio::null()).stderr(Stdio::null()).status() {
        Ok(status) if status.success() => None,
        Ok(status) => Some(format!("{name}: {status}")),
        Err(error) => Some(format!("{name} does not start: {error}")),
    }
}

fn asked(program: &str, argument: &str) -> Command {
    let mut command = Command::new(program);
    command.arg(argument);
    command
}

/// A validator that `scripts/install.sh` has put beside this program's profile.
pub(crate) fn validator(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("this test has a path");
    let target = test.ancestors().nth(3).expect("tests are in target/<profile>/deps");
    target.join("venv/bin").join(name)
}

#[test]
fn a_tool_that_is_missing_or_fails_is_found() {
    assert!(trouble("none", Command::new("there-is-no-such-tool")).is_some());
    assert!(trouble("false", Command::new("false")).is_some());
    assert!(trouble("true", Command::new("true")).is_none());
}

#[test]
fn what_is_required_is_a_list_of_known_names() {
    let names = |list| chosen(list).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(Some("redis, nginx")), ["redis", "nginx"]);
    assert_eq!(names(None).len(), TOOLS.len());
    assert!(std::panic::catch_unwind(|| names(Some("redis,ngnix"))).is_err());
}
