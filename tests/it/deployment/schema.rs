//! Manifests and compose files against their own schemas, by validators that bring these along.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use super::kubernetes;
use crate::{tools::validator, tree};

/// The oldest Kubernetes that `deploy/kubernetes/README.md` promises, and the newest that the validator knows.
const KUBERNETES: [&str; 2] = ["1.30.0", "1.37.0"];

fn run(name: &str, arguments: &[&str], file: &Path) -> Output {
    let output = Command::new(validator(name)).args(arguments).arg(file).output();
    output.unwrap_or_else(|error| panic!("{name} does not run (scripts/install.sh installs it): {error}"))
}

fn says(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn manifest(file: &Path, version: &str) -> Output {
    run("kubernetes-validate", &["--strict", "--kubernetes-version", version], file)
}

fn compose(file: &Path) -> Output {
    run("check-jsonschema", &["--builtin-schema", "vendor.compose-spec"], file)
}

#[test]
fn manifests_are_what_kubernetes_takes() {
    let folder = tree::root().join("deploy/kubernetes");
    let mut files = kubernetes::files();
    // What `kubectl` reads, and Kubernetes never sees.
    assert!(files.remove("kustomization.yaml") && files.len() > 5, "{files:?}");
    for file in files {
        for version in KUBERNETES {
            let output = manifest(&folder.join(&file), version);
            assert!(output.status.success(), "{}", says(&output));
        }
    }
    let promised = format!("Kubernetes {}", KUBERNETES[0].trim_end_matches(".0"));
    assert!(
        tree::read("deploy/kubernetes/README.md").contains(&promised),
        "README.md does not say {promised}"
    );
}

#[test]
fn compose_files_are_what_compose_takes() {
    for file in ["deploy/compose.yaml", "deploy/replicas/compose.yaml"] {
        let output = compose(&tree::root().join(file));
        assert!(output.status.success(), "{}", says(&output));
    }
}

#[test]
fn what_no_schema_has_is_found() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let changed = |of: &str, from: &str, to: &str| {
        let text = tree::read(of);
        assert!(text.contains(from), "{of} does not say {from}");
        let file = folder.path().join("changed.yaml");
        fs::write(&file, text.replacen(from, to, 1)).expect("the file is written");
        file
    };
    let misspelt = changed("deploy/kubernetes/deployment.yaml", "readinessProbe:", "readynessProbe:");
    let output = manifest(&misspelt, KUBERNETES[0]);
    assert!(!output.status.success() && says(&output).contains("readynessProbe"), "{}", says(&output));
    let wrong = changed("deploy/kubernetes/autoscaler.yaml", "minReplicas: 2", "minReplicas: two");
    assert!(!manifest(&wrong, KUBERNETES[0]).status.success());
    let misspelt = changed("deploy/replicas/compose.yaml", "read_only: true", "readonly: true");
    let output = compose(&misspelt);
    assert!(!output.status.success() && says(&output).contains("readonly"), "{}", says(&output));
}
