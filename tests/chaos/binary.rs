//! The binary with its failpoints, beside the one without.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
    sync::OnceLock,
};

/// The binary of this profile with the feature `failpoints`, built if it is not up to date; or the one that
/// `HERALD_CHAOS_BINARY` names.
pub(crate) fn herald() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(build).clone()
}

fn build() -> PathBuf {
    if let Some(given) = std::env::var_os("HERALD_CHAOS_BINARY") {
        return given.into();
    }
    let test = std::env::current_exe().expect("this program has a path");
    let profile = test.parent().and_then(|deps| deps.parent()).expect("tests are in target/<profile>/deps");
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--quiet", "-p", "herald-server", "--bin", "herald", "--features", "failpoints"]);
    if profile.ends_with("release") {
        command.arg("--release");
    }
    assert!(
        command.stdin(Stdio::null()).status().expect("cargo runs").success(),
        "the binary does not build"
    );
    // Under a name of its own: the next build without the feature takes the place of this one.
    let (built, kept) = (profile.join("herald"), profile.join("herald-failpoints"));
    let fresh = profile.join(format!("herald-failpoints.{}", std::process::id()));
    std::fs::copy(built, &fresh).expect("the binary can be copied");
    std::fs::rename(fresh, &kept).expect("the copy can be named");
    kept
}
