//! Where a server is, and how all servers of an installation are spoken to.

use redis::{
    Client, ConnectionAddr, ConnectionInfo, ProtocolVersion, RedisConnectionInfo, RedisError,
    TlsCertificates, io::tcp::TcpSettings,
};

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Address {
    /// Reads `host:port` as redirects have it: the host may be an IPv6 address with or without brackets, or empty.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.rsplit_once(':')?;
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        Some(Self { host: host.to_owned(), port: port.parse().ok()? })
    }
}

/// User, password, database and TLS: what the servers of an installation have in common.
#[derive(Clone)]
pub(super) struct Manner(ConnectionInfo);

impl Manner {
    /// That of the server at this URL.
    pub(super) fn of(url: &str) -> Result<Self, RedisError> {
        let server: ConnectionInfo = url.parse()?;
        // With RESP3 the library tells when a connection that nobody uses is closed.
        let settings = server.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
        let tcp = TcpSettings::default().set_nodelay(true);
        Ok(Self(server.set_redis_settings(settings).set_tcp_settings(tcp)))
    }

    /// How the server at the URL itself is spoken to.
    pub(super) fn itself(&self) -> ConnectionInfo {
        self.0.clone()
    }

    /// The host and port of the URL; nothing for a Unix socket.
    pub(super) fn address(&self) -> Option<Address> {
        match self.0.addr() {
            ConnectionAddr::Tcp(host, port) | ConnectionAddr::TcpTls { host, port, .. } => {
                Some(Address { host: host.clone(), port: *port })
            }
            _ => None,
        }
    }

    /// How the server at this address is spoken to.
    pub(super) fn at(&self, address: &Address) -> ConnectionInfo {
        let (host, port) = (address.host.clone(), address.port);
        let address = match self.0.addr() {
            ConnectionAddr::TcpTls { insecure, tls_params, .. } => {
                ConnectionAddr::TcpTls { host, port, insecure: *insecure, tls_params: tls_params.clone() }
            }
            _ => ConnectionAddr::Tcp(host, port),
        };
        self.0.clone().set_addr(address)
    }

    /// How the Sentinel at this address is spoken to. It has no databases; and often no password, where the servers have one.
    pub(super) fn sentinel_at(&self, address: &Address, has_password: bool) -> ConnectionInfo {
        let plain = RedisConnectionInfo::default().set_protocol(ProtocolVersion::RESP2);
        let known = self.0.redis_settings();
        let settings = match known.password() {
            Some(password) if has_password => {
                let settings = plain.set_password(password);
                match known.username() {
                    Some(username) => settings.set_username(username),
                    None => settings,
                }
            }
            _ => plain,
        };
        self.at(address).set_redis_settings(settings)
    }

    /// The same, where certificates have to be of these authorities, in PEM, and of no public one. Nothing changes without TLS.
    pub(super) fn trusting(self, authorities: &[u8]) -> Result<Self, RedisError> {
        if !matches!(self.0.addr(), ConnectionAddr::TcpTls { .. }) {
            return Ok(self);
        }
        let certificates = TlsCertificates { client_tls: None, root_cert: Some(authorities.to_vec()) };
        let client = Client::build_with_tls(self.0, certificates)?;
        Ok(Self(client.get_connection_info().clone()))
    }

    pub(super) fn has_password(&self) -> bool {
        self.0.redis_settings().password().is_some()
    }
}
