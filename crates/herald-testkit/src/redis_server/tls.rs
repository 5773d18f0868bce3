//! TLS before a server.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use super::{RedisServer, Reply};
use crate::ports;

/// What a server that also speaks TLS shows to its clients: a certificate for 127.0.0.1 that is its own authority.
#[derive(Debug)]
pub struct RedisTls {
    port: u16,
    certificates: TempDir,
}

impl RedisTls {
    /// Starts a server with it; ready when this returns.
    pub fn start() -> (RedisServer, Self) {
        let certificates = TempDir::with_prefix("herald-redis-tls-").expect("a directory");
        make(certificates.path(), RIGHT);
        make(certificates.path(), ANOTHER);
        let [port] = ports::free();
        let tls = Self { port, certificates };
        let [certificate, key] = tls.files(RIGHT);
        let server = RedisServer::start_with(&[
            "--tls-port",
            &port.to_string(),
            "--tls-cert-file",
            &certificate,
            "--tls-key-file",
            &key,
            "--tls-auth-clients",
            "no",
        ]);
        (server, tls)
    }

    /// Where it speaks TLS, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("rediss://127.0.0.1:{}/", self.port)
    }

    /// The file with the authority, in PEM, that vouches for the certificate.
    pub fn authority(&self) -> PathBuf {
        self.certificates.path().join(format!("{RIGHT}.pem"))
    }

    /// Shows a certificate to whoever connects from now on for which that authority does not vouch.
    pub fn show_another(&self, server: &RedisServer) {
        self.show(server, ANOTHER);
    }

    /// Shows the right one again.
    pub fn show_the_right_one(&self, server: &RedisServer) {
        self.show(server, RIGHT);
    }

    fn show(&self, server: &RedisServer, name: &str) {
        let [certificate, key] = self.files(name);
        let answer = server.command(&["CONFIG", "SET", "tls-cert-file", &certificate, "tls-key-file", &key]);
        assert_eq!(answer, Reply::Text("OK".to_owned()));
    }

    fn files(&self, name: &str) -> [String; 2] {
        let file = |ending| self.certificates.path().join(format!("{name}.{ending}"));
        ["pem", "key"].map(|ending| file(ending).to_string_lossy().into_owned())
    }
}

const RIGHT: &str = "right";
const ANOTHER: &str = "another";

fn make(directory: &Path, name: &str) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"])
        .args(["-subj", &format!("/CN={name}"), "-addext", "subjectAltName=IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem")])
        .current_dir(directory)
        .output();
    let made = made.expect("openssl runs (scripts/install.sh installs it)");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}
