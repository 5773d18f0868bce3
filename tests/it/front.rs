//! A real nginx before several replicas, with the upstream of `deploy/replicas/nginx.conf`; without TLS, because its name and
//! port are the test's own.

use std::{fs, path::Path};

use tempfile::TempDir;

use crate::{
    process::{self, Process},
    stack::free_ports,
};

/// A running nginx; killed when dropped.
pub(crate) struct Front {
    pub(crate) url: String,
    pub(crate) process: Process,
    _dir: TempDir,
}

impl Front {
    /// Starts one before replicas at these addresses.
    pub(crate) fn start(replicas: &[&str]) -> Self {
        let dir = TempDir::new().expect("a directory for nginx");
        let [port] = free_ports();
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/replicas/nginx.conf");
        let example = fs::read_to_string(file).expect("nginx is configured");
        let config = rendered(&example, &format!("127.0.0.1:{port}"), replicas, dir.path());
        let file = dir.path().join("nginx.conf");
        fs::write(&file, config).expect("the configuration is written");
        let mut command = process::nginx();
        command.args(["-e", "stderr", "-g", "daemon off; master_process off;", "-c"]).arg(&file);
        let process = Process::run(&mut command);
        process.says(&["event method"]);
        Self { url: format!("http://127.0.0.1:{port}"), process, _dir: dir }
    }
}

/// The example with places of this test.
fn rendered(example: &str, listen: &str, replicas: &[&str], dir: &Path) -> String {
    let is_tls = |line: &&str| line.trim_start().starts_with("ssl_");
    let is_server = |line: &&str| line.trim_start().starts_with("server 172.30.90.");
    let settings =
        example.lines().find(is_server).and_then(|line| line.split_once(":8080")).expect("servers").1;
    let servers: Vec<String> =
        replicas.iter().map(|replica| format!("        server {replica}{settings}\n")).collect();
    let servers = servers.concat();
    let mut text = String::new();
    for line in example.lines().filter(|line| !is_tls(line)) {
        if !is_server(&line) {
            text.push_str(line);
            text.push('\n');
        } else if !text.contains(&servers) {
            text.push_str(&servers);
        }
    }
    for (from, to) in [
        ("listen 8443 ssl;", format!("listen {listen};")),
        ("server_name login.example;", "server_name 127.0.0.1;".to_owned()),
        // The name that was asked for has a port here.
        ("Host $server_name;", "Host $http_host;".to_owned()),
        ("X-Forwarded-Host  $server_name;", "X-Forwarded-Host  $http_host;".to_owned()),
        (" /tmp/", format!(" {}/", dir.display())),
        // It tells when it has begun to listen.
        ("error_log /dev/stderr crit;", "error_log stderr notice;".to_owned()),
    ] {
        assert!(text.contains(from), "nginx.conf does not say {from:?}");
        text = text.replace(from, &to);
    }
    text
}
