//! Where Redis is and how it runs.

use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    Link,
    address::{Address, Manner},
    cluster::Cluster,
    node::{Node, Place},
    sentinel::Sentinels,
};
use crate::OpenError;

/// Where Redis is, how it runs, and what the keys begin with.
#[derive(Clone, Debug)]
pub struct RedisOptions {
    /// Addresses: `redis://user:password@host:port/database`, or `rediss://` for TLS. Of a single server, its own; else those of the
    /// Sentinels, or of some nodes of the cluster. User, password, database and TLS of the first hold for all servers.
    pub urls: Vec<SecretString>,
    /// How it runs.
    pub mode: RedisMode,
    /// The authorities whose certificates are believed, in PEM; absent, those that everybody believes.
    pub authorities: Option<Vec<u8>>,
    /// What every key begins with: 1 to 40 of `a`–`z`, `0`–`9` and `-`.
    pub prefix: String,
    /// Accept a Redis that may forget, and one whose clock is off.
    pub is_development: bool,
}

/// How Redis runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedisMode {
    /// One server, or an address behind which there is always the master.
    Single,
    /// A master and replicas, watched by Sentinels.
    Sentinel {
        /// What the Sentinels call the master.
        master_name: String,
    },
    /// A cluster.
    Cluster,
}

impl RedisOptions {
    /// The link to it; connects to nothing yet.
    pub(crate) fn link(&self) -> Result<Link, OpenError> {
        let is_fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=40).contains(&self.prefix.len()) || !self.prefix.bytes().all(is_fine) {
            return Err(OpenError::Prefix);
        }
        let manners = self.urls.iter().enumerate().map(|(i, url)| {
            // What the library says of an address may repeat it.
            Manner::of(url.expose_secret()).map_err(|_| OpenError::Address(i))
        });
        let manners: Vec<Manner> = manners.collect::<Result<_, _>>()?;
        let mut manner = manners.first().cloned().ok_or(OpenError::AddressCount)?;
        if let Some(authorities) = &self.authorities {
            // The library takes a file without any for one that nobody is to be believed by.
            if CertificateDer::pem_slice_iter(authorities).next().is_none() {
                return Err(OpenError::Authorities);
            }
            manner = manner.trusting(authorities).map_err(|_| OpenError::Authorities)?;
        }
        match &self.mode {
            RedisMode::Single if manners.len() > 1 => Err(OpenError::AddressCount),
            RedisMode::Single => Ok(Link::to_one(Node::new(Place::At(Box::new(manner.itself()))))),
            RedisMode::Sentinel { master_name } => {
                let (addresses, master_name) = (addresses(&manners)?, master_name.clone());
                let sentinels = Sentinels { manner, addresses, master_name };
                Ok(Link::to_one(Node::new(Place::Master(Box::new(sentinels)))))
            }
            RedisMode::Cluster => Ok(Link::to_cluster(Cluster::new(manner, addresses(&manners)?))),
        }
    }
}

fn addresses(manners: &[Manner]) -> Result<Vec<Address>, OpenError> {
    manners.iter().enumerate().map(|(i, manner)| manner.address().ok_or(OpenError::Address(i))).collect()
}
