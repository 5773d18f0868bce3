//! Where a store in Redis is.

use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{RedisMode, StoreSection};
use crate::config::{Checker, Secret};

/// What keys in Redis begin with when nothing is said.
const DEFAULT_PREFIX: &str = "herald";

/// Where a store in Redis is.
#[derive(Clone, Debug)]
pub struct RedisPlace {
    /// Its addresses.
    pub urls: Vec<SecretString>,
    /// How it runs, and with Sentinel the name of the master.
    pub topology: RedisTopology,
    /// The authorities whose certificates are believed, in PEM; absent, the public ones.
    pub authorities: Option<Vec<u8>>,
    /// What every key begins with.
    pub prefix: String,
}

/// How Redis runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedisTopology {
    /// One server.
    Single,
    /// Watched by Sentinels.
    Sentinel {
        /// What they call the master.
        master_name: String,
    },
    /// A cluster.
    Cluster,
}

impl StoreSection {
    /// Checks what is said of Redis.
    pub(super) fn redis(&self, check: &mut Checker<'_>) -> Option<RedisPlace> {
        if self.path.is_some() {
            check.fault_at("path", "only the embedded store has this");
        }
        let mode = self.mode.unwrap_or(RedisMode::Single);
        let topology = match (mode, &self.master_name) {
            (RedisMode::Sentinel, Some(name)) if !name.trim().is_empty() => {
                Some(RedisTopology::Sentinel { master_name: name.clone() })
            }
            (RedisMode::Sentinel, _) => {
                check.fault_at("master_name", "the Sentinels have to be asked for a master by its name");
                None
            }
            (RedisMode::Single | RedisMode::Cluster, Some(_)) => {
                check.fault_at("master_name", "only `mode = \"sentinel\"` has this");
                None
            }
            (RedisMode::Single, None) => Some(RedisTopology::Single),
            (RedisMode::Cluster, None) => Some(RedisTopology::Cluster),
        };
        match self.urls.len() {
            0 => check.fault_at("urls", "at least one is needed"),
            1 => {}
            _ if mode == RedisMode::Single => {
                check.fault_at("urls", "a single server has one; several are for `mode` sentinel or cluster");
            }
            _ => {}
        }
        let mut urls = Vec::new();
        for (i, secret) in self.urls.iter().enumerate() {
            urls.extend(check.at(&format!("urls[{i}]"), |check| redis_url(check, secret)));
        }
        let prefix = self.prefix.as_deref().unwrap_or(DEFAULT_PREFIX);
        let is_fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=40).contains(&prefix.len()) || !prefix.bytes().all(is_fine) {
            check.fault_at("prefix", "it is 1 to 40 of a–z, 0–9 and `-`");
        }
        let authorities = check.at("ca_file", |check| self.authorities(check, &urls));
        Some(RedisPlace { urls, topology: topology?, authorities, prefix: prefix.to_owned() })
    }

    fn authorities(&self, check: &mut Checker<'_>, urls: &[SecretString]) -> Option<Vec<u8>> {
        let path = self.ca_file.as_deref()?;
        let is_plain =
            |url: &SecretString| Url::parse(url.expose_secret()).is_ok_and(|url| url.scheme() == "redis");
        if urls.first().is_some_and(is_plain) {
            check.fault(
                "nothing looks at certificates: the first good one of `urls` does not begin with rediss://",
            );
        }
        let certificates = match std::fs::read(path) {
            Ok(certificates) => certificates,
            Err(error) => {
                check.fault(format!("the file {path} cannot be read: {error}"));
                return None;
            }
        };
        let mut read = CertificateDer::pem_slice_iter(&certificates).peekable();
        if read.peek().is_none() || read.any(|certificate| certificate.is_err()) {
            check.fault(format!("the file {path} has no certificates in PEM"));
        }
        Some(certificates)
    }
}

/// An address of Redis; a fault never repeats it, because of the password in it.
fn redis_url(check: &mut Checker<'_>, secret: &Secret) -> Option<SecretString> {
    let text = secret.resolve(check)?;
    let url = Url::parse(text.expose_secret()).ok();
    let is_good = url.is_some_and(|url| {
        matches!(url.scheme(), "redis" | "rediss") && url.host_str().is_some_and(|host| !host.is_empty())
    });
    if !is_good {
        check.fault("expected redis://host:port or, over TLS, rediss://host:port");
        return None;
    }
    Some(text)
}
