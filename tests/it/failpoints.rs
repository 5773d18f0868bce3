//! The binary with its failpoints, beside the one without.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

/// The binary of this profile with the feature `failpoints`, built if it is not up to date; or the one that
/// `HERALD_CHAOS_BINARY` names.
pub(crate) fn herald() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| match std::env::var_os("HERALD_CHAOS_BINARY") {
        Some(given) => given.into(),
        None => build(),
    })
}

/// Only what comes out of it goes elsewhere: the tests beside this one go on with the binary that has no such feature.
fn build() -> PathBuf {
    let test = std::env::current_exe().expect("this test has a path");
    let profile = test.parent().and_then(Path::parent).expect("tests are in target/<profile>/deps");
    let target = profile.parent().expect("tests are in target/<profile>/deps");
    let out = target.join("failpoints");
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--quiet", "-p", "herald-server", "--bin", "herald", "--features", "failpoints"]);
    if profile.ends_with("release") {
        command.arg("--release");
    }
    command.env("CARGO_BUILD_BUILD_DIR", target).env("CARGO_TARGET_DIR", &out).stdin(Stdio::null());
    assert!(command.status().expect("cargo runs").success(), "the binary does not build");
    out.join(profile.file_name().expect("a profile has a name")).join("herald")
}
