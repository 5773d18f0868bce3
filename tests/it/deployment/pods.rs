//! The pods of `deploy/kubernetes`: how they are asked whether they live, how they end, and what they may do.

use super::{grace_of_herald, kubernetes::pods, strings};
use crate::tree;

#[test]
fn probes_ask_the_management_port_for_what_it_answers() {
    let pod = pods().remove("herald").unwrap();
    let herald = &pod["spec"]["containers"][0];
    let management = tree::read("crates/herald-server/src/management.rs");
    for (probe, path) in
        [("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")]
    {
        let asked = &herald[probe]["httpGet"];
        assert_eq!((&asked["path"], &asked["port"]), (&path.into(), &"management".into()), "{probe}");
        let is_answered =
            ["get", "route"].iter().any(|verb| management.contains(&format!("#[{verb}(\"{path}\"")));
        assert!(is_answered, "the management port answers no {path}");
    }
    // A readiness check that ends before Herald has asked the store says nothing about why.
    let ping = super::number_after(&management, "const PING: Duration = Duration::from_secs(");
    assert!(herald["readinessProbe"]["timeoutSeconds"].as_u64().unwrap() > ping);
}

#[test]
fn a_pod_has_longer_to_end_than_herald_takes_after_the_last_request() {
    let pod = pods().remove("herald").unwrap();
    let pause = pod["spec"]["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"].as_u64().unwrap();
    let grace = pod["spec"]["terminationGracePeriodSeconds"].as_u64().unwrap();
    assert!(pause > 0, "requests still come when a pod is told to end");
    assert!(grace > pause + grace_of_herald(), "{grace} s for {pause} s and {} s", grace_of_herald());
}

#[test]
fn pods_may_do_what_the_restricted_profile_allows_and_no_more() {
    let pods = pods();
    assert_eq!(pods.keys().collect::<Vec<_>>(), ["herald", "herald-redis"]);
    for (name, pod) in &pods {
        let (pod, container) = (&pod["spec"], &pod["spec"]["containers"][0]);
        assert_eq!(pod["containers"].as_array().unwrap().len(), 1, "{name}");
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true, "{name}");
        assert!(pod["securityContext"]["runAsUser"].as_u64() > Some(0), "{name}");
        assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault", "{name}");
        assert_eq!(pod["automountServiceAccountToken"], false, "{name}");
        let own = &container["securityContext"];
        assert_eq!(own["allowPrivilegeEscalation"], false, "{name}");
        assert_eq!(own["readOnlyRootFilesystem"], true, "{name}");
        assert_eq!(strings(&own["capabilities"]["drop"]), ["ALL"], "{name}");
        assert!(own["capabilities"]["add"].is_null() && own["privileged"].is_null(), "{name}");
        assert!(["hostNetwork", "hostPID", "hostIPC"].iter().all(|host| pod[host].is_null()), "{name}");
        assert!(container["resources"]["limits"]["memory"].is_string(), "{name}");
    }
}

#[test]
fn replicas_are_spread_over_nodes_and_zones() {
    let pod = pods().remove("herald").unwrap();
    let spread = pod["spec"]["topologySpreadConstraints"].as_array().unwrap();
    let keys: Vec<_> = spread.iter().map(|rule| rule["topologyKey"].as_str().unwrap()).collect();
    assert_eq!(keys, ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]);
    for rule in spread {
        assert_eq!(rule["labelSelector"]["matchLabels"], pod["metadata"]["labels"]);
    }
}
