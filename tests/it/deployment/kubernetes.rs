//! `deploy/kubernetes`: what one manifest says of another is so, and so is what they say of Herald.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use serde_json::Value;

use super::{assert_is_good, documents, number_after, replicas::port, secrets_of, strings};
use crate::tree;

const FOLDER: &str = "deploy/kubernetes";
/// What the kustomization leaves out.
const EXAMPLES: [&str; 2] = ["ingress.example.yaml", "redis.yaml"];
/// Where secrets are in the container.
const SECRETS: &str = "/run/secrets/herald";

/// Every object of the folder, with the file it is in.
pub(super) fn objects() -> Vec<(String, Value)> {
    let all = files().into_iter().filter(|name| name != "kustomization.yaml");
    all.flat_map(|name| {
        let objects = documents(&format!("{FOLDER}/{name}"));
        objects.into_iter().map(move |object| (name.clone(), object))
    })
    .collect()
}

/// The YAML files of the folder.
pub(super) fn files() -> BTreeSet<String> {
    let entries = fs::read_dir(tree::root().join(FOLDER)).expect("the folder is there");
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    names.filter(|name| name.rsplit('.').next() == Some("yaml")).collect()
}

/// The object of this kind and name.
pub(super) fn object(kind: &str, name: &str) -> Value {
    let mut all = objects().into_iter().map(|(_, object)| object);
    all.find(|object| object["kind"] == kind && object["metadata"]["name"] == name)
        .unwrap_or_else(|| panic!("there is no {kind} {name}"))
}

fn config() -> String {
    tree::read("deploy/kubernetes/herald.toml")
}

#[test]
fn the_configuration_is_good_and_every_replica_has_it_with_its_secrets() {
    assert_is_good("deploy/kubernetes/herald.toml", SECRETS);
    let kustomization = documents("deploy/kubernetes/kustomization.yaml").remove(0);
    let generated = &kustomization["configMapGenerator"][0];
    assert_eq!(strings(&generated["files"]), ["herald.toml"]);
    let pod = &object("Deployment", "herald")["spec"]["template"]["spec"];
    let volumes = pod["volumes"].as_array().unwrap();
    assert_eq!(volumes[0]["configMap"]["name"], generated["name"]);
    assert_eq!(volumes[1]["secret"]["secretName"], "herald");
    let mounts = pod["containers"][0]["volumeMounts"].as_array().unwrap();
    assert_eq!(
        (&mounts[0]["name"], mounts[0]["mountPath"].as_str()),
        (&volumes[0]["name"], Some("/etc/herald"))
    );
    assert_eq!((&mounts[1]["name"], mounts[1]["mountPath"].as_str()), (&volumes[1]["name"], Some(SECRETS)));
    let readme = tree::read("deploy/kubernetes/README.md");
    for secret in secrets_of(&config(), SECRETS) {
        assert!(
            readme.contains(&format!("--from-file=secrets/{secret}")),
            "README.md does not make {secret}"
        );
    }
}

#[test]
fn the_kustomization_names_every_manifest_but_the_examples() {
    let kustomization = documents("deploy/kubernetes/kustomization.yaml").remove(0);
    let named: BTreeSet<String> =
        strings(&kustomization["resources"]).into_iter().map(str::to_owned).collect();
    let mut there = files();
    assert!(there.remove("kustomization.yaml") && EXAMPLES.iter().all(|example| there.remove(*example)));
    assert_eq!(named, there);
    let image = &object("Deployment", "herald")["spec"]["template"]["spec"]["containers"][0]["image"];
    assert_eq!(*image, kustomization["images"][0]["name"]);
}

#[test]
fn everything_is_found_by_the_labels_and_names_that_it_has() {
    for (file, object) in objects() {
        assert!(object["metadata"]["namespace"].is_null(), "{file} names a namespace");
        let spec = &object["spec"];
        let selector = match object["kind"].as_str().unwrap() {
            "Service" => &spec["selector"],
            "PodDisruptionBudget" | "Deployment" | "StatefulSet" => &spec["selector"]["matchLabels"],
            "NetworkPolicy" => &spec["podSelector"]["matchLabels"],
            _ => continue,
        };
        let pod = pods().remove(selector["app.kubernetes.io/name"].as_str().unwrap()).expect("such a pod");
        let labels = pod["metadata"]["labels"].as_object().unwrap();
        for (name, value) in selector.as_object().unwrap() {
            assert_eq!(labels.get(name), Some(value), "{file}");
        }
        if object["kind"] == "Service" {
            for target in spec["ports"].as_array().unwrap() {
                let (name, target) = (target["targetPort"].as_str().unwrap(), &target["port"]);
                assert_eq!(ports(&pod).get(name), target.as_u64().as_ref(), "{file}");
            }
        }
    }
    let pod = &object("Deployment", "herald")["spec"]["template"]["spec"];
    let account = object("ServiceAccount", pod["serviceAccountName"].as_str().unwrap());
    assert_eq!(account["automountServiceAccountToken"], false);
    let redis = object("StatefulSet", "herald-redis");
    object("Service", redis["spec"]["serviceName"].as_str().unwrap());
}

/// The templates of all pods, by their name.
pub(super) fn pods() -> BTreeMap<String, Value> {
    let templates = objects().into_iter().filter(|(_, object)| !object["spec"]["template"].is_null());
    let named = templates.map(|(_, object)| object["spec"]["template"].clone());
    named
        .map(|pod| (pod["metadata"]["labels"]["app.kubernetes.io/name"].as_str().unwrap().to_owned(), pod))
        .collect()
}

/// The ports of a pod by their names.
fn ports(pod: &Value) -> BTreeMap<String, u64> {
    let ports = pod["spec"]["containers"][0]["ports"].as_array().expect("ports");
    let pair = |port: &Value| Some((port["name"].as_str()?.to_owned(), port["containerPort"].as_u64()?));
    ports.iter().map(|port| pair(port).unwrap_or_else(|| panic!("{port}"))).collect()
}

#[test]
fn ports_are_those_at_which_herald_listens() {
    let expected =
        [("http", port(&config(), "listen")), ("management", port(&config(), "management_listen"))];
    let expected = expected.map(|(name, port)| (name.to_owned(), port)).into_iter().collect();
    assert_eq!(ports(&pods()["herald"]), expected);
}

#[test]
fn network_policies_open_the_ports_that_are_there_and_the_management_port_to_few() {
    let pods = pods();
    let (herald, redis) = (ports(&pods["herald"]), ports(&pods["herald-redis"]));
    let ours = object("NetworkPolicy", "herald");
    let (callers, operators) = (&ours["spec"]["ingress"][0], &ours["spec"]["ingress"][1]);
    assert_eq!(open(callers), [herald["http"]]);
    assert_eq!(open(operators), [herald["management"]]);
    for rule in [callers, operators] {
        assert!(!rule["from"].as_array().unwrap().is_empty(), "an empty list lets everybody in");
        for peer in rule["from"].as_array().unwrap() {
            let labels = [&peer["namespaceSelector"], &peer["podSelector"]];
            assert!(labels.iter().any(|peer| peer["matchLabels"].is_object()), "{peer}");
        }
    }
    let egress = ours["spec"]["egress"].as_array().unwrap();
    assert_eq!(open(&egress[0]), [53, 53]);
    assert_eq!(open(&egress[1]), [redis["redis"]]);
    let to = &egress[1]["to"][0]["podSelector"]["matchLabels"]["app.kubernetes.io/name"];
    assert_eq!(*to, "herald-redis");
    assert_eq!(open(&egress[2]), [443]);

    let theirs = object("NetworkPolicy", "herald-redis");
    assert_eq!(open(&theirs["spec"]["ingress"][0]), [redis["redis"]]);
    let from = &theirs["spec"]["ingress"][0]["from"];
    assert_eq!(from.as_array().unwrap().len(), 1, "Herald and nobody else: {from}");
    assert_eq!(from[0]["podSelector"]["matchLabels"]["app.kubernetes.io/name"], "herald");
    for policy in [&ours, &theirs] {
        assert_eq!(strings(&policy["spec"]["policyTypes"]), ["Ingress", "Egress"]);
    }
}

fn open(rule: &Value) -> Vec<u64> {
    let ports = rule["ports"].as_array().expect("ports");
    ports.iter().map(|port| port["port"].as_u64().expect("a number")).collect()
}

#[test]
fn there_is_always_a_replica_and_the_configuration_knows_how_many_there_may_be() {
    let (deployment, scaler) = (object("Deployment", "herald"), object("HorizontalPodAutoscaler", "herald"));
    let target = &scaler["spec"]["scaleTargetRef"];
    assert_eq!((&target["kind"], &target["name"]), (&deployment["kind"], &deployment["metadata"]["name"]));
    assert!(
        deployment["spec"]["replicas"].is_null(),
        "the autoscaler says how many; each apply would undo it"
    );
    let least = scaler["spec"]["minReplicas"].as_u64().unwrap();
    let kept = object("PodDisruptionBudget", "herald")["spec"]["minAvailable"].as_u64().unwrap();
    assert!(kept >= 1 && least > kept, "{least} replicas of which {kept} have to stay leave none to move");
    assert_eq!(scaler["spec"]["maxReplicas"], number_after(&config(), "\nreplicas = "));
    let rolling = &deployment["spec"]["strategy"]["rollingUpdate"];
    assert_eq!((rolling["maxUnavailable"].as_u64(), rolling["maxSurge"].as_u64()), (Some(0), Some(1)));
    let requests = &deployment["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"];
    assert!(requests["cpu"].is_string(), "the autoscaler counts in parts of it");
}
