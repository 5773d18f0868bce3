//! Which addresses a client may talk to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Names that only resolve inside some network.
const PRIVATE_SUFFIXES: [&str; 7] =
    ["localhost", "local", "internal", "intranet", "lan", "home.arpa", "in-addr.arpa"];
/// The longest name that the DNS has (RFC 1035, 2.3.4), as text.
const LONGEST_NAME: usize = 253;

/// How far a client may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// https on port 443, at public names and addresses only.
    Public,
    /// Also http, any port and private addresses, for exactly the `base_url` that the operator's file names. Addresses that
    /// no provider can have (link-local with its metadata services, multicast, unspecified) stay refused.
    Private,
    /// Anything: development.
    Any,
}

impl Reach {
    /// Says what is wrong with this base address, if anything. Names are looked at again when they are resolved.
    pub(crate) fn check(self, base_url: &Url) -> Result<(), &'static str> {
        if base_url.query().is_some() || base_url.fragment().is_some() {
            return Err("a query or fragment has no place in it");
        }
        self.check_address(base_url)
    }

    /// Says what is wrong with this whole address, if anything: as [`Reach::check`], but it may have a query.
    pub(crate) fn check_address(self, url: &Url) -> Result<(), &'static str> {
        if !matches!(url.scheme(), "https" | "http") {
            return Err("the scheme must be https");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a user name or password has no place in it");
        }
        if self == Self::Public {
            if url.scheme() != "https" {
                return Err("the scheme must be https");
            }
            if url.port_or_known_default() != Some(443) {
                return Err("the port must be 443");
            }
        }
        let literal = match url.host() {
            None => return Err("the host is missing"),
            Some(Host::Domain(name)) if self == Self::Public && !is_public_name(name) => {
                return Err("its name must not be called");
            }
            Some(Host::Domain(_)) => return Ok(()),
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
        };
        if self.allows(literal) { Ok(()) } else { Err("its address must not be called") }
    }

    /// May this address be called?
    pub(crate) fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::Public => is_public_address(address),
            Self::Private => is_public_address(address) || is_private(inner(address)),
            Self::Any => true,
        }
    }
}

/// The IPv4 address inside an IPv6 one that only wraps it: mapped, compatible, NAT64, 6to4.
fn inner(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    let wrapped = match v6.segments() {
        // ::/128 and ::1/128 are IPv6's own.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => Some(u32::from(high) << 16 | u32::from(low)),
        _ => None,
    };
    wrapped.map_or(address, |bits| IpAddr::V4(Ipv4Addr::from_bits(bits)))
}

/// Addresses of an organisation's own network, and this machine's.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            ip.is_private() || ip.is_loopback() || (a == 100 && (64..128).contains(&b))
        }
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    }
}

/// May the host of this address be called by its text: is it a public address, or a name that does not only resolve inside
/// some network? Where a name leads is looked at when it is resolved.
pub fn has_public_host(url: &Url) -> bool {
    match url.host() {
        None => false,
        Some(Host::Domain(name)) => is_public_name(name),
        Some(Host::Ipv4(ip)) => is_public_v4(ip),
        Some(Host::Ipv6(ip)) => is_public_address(IpAddr::V6(ip)),
    }
}

fn is_public_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_inside =
        |suffix: &&str| name.strip_suffix(*suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    name.len() <= LONGEST_NAME
        && name.contains('.')
        && !name.ends_with('.')
        && !PRIVATE_SUFFIXES.iter().any(is_inside)
}

/// Is this address globally routed unicast, by the IANA special-purpose registries? An IPv6 address that only wraps an IPv4
/// one is what that one is.
fn is_public_address(address: IpAddr) -> bool {
    match inner(address) {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let is_special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || a == 0
        || (a == 100 && (64..128).contains(&b)) // shared address space (CGNAT)
        || (a, b, c) == (192, 0, 0) // IETF protocol assignments
        || (a, b, c) == (192, 88, 99) // 6to4 relays
        || (a == 198 && (b == 18 || b == 19)) // benchmarks
        || a >= 224; // multicast, reserved, broadcast
    !is_special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    // Only 2000::/3 is handed out as global unicast; loopback, unspecified, ULA, link-local, site-local, multicast,
    // discard, local NAT64 (64:ff9b:1::/48) and SRv6 (5f00::/16) all lie outside.
    let [first, second, ..] = ip.segments();
    let is_global = first & 0xe000 == 0x2000;
    let is_special = match first {
        // IETF protocol assignments (Teredo, ORCHID, benchmarks), documentation.
        0x2001 => second < 0x200 || second == 0xdb8,
        // Documentation.
        0x3fff => second < 0x1000,
        _ => false,
    };
    is_global && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(reach: Reach, url: &str) -> bool {
        Url::parse(url).is_ok_and(|url| reach.check(&url).is_ok())
    }

    #[test]
    fn a_public_client_calls_public_https_addresses_only() {
        for good in [
            "https://id.antirius.com",
            "https://8.8.8.8/x",
            "https://[2606:4700::1111]",
            "https://a.example:443",
            "https://a.example.",
        ] {
            assert!(check(Reach::Public, good), "{good}");
        }
        for bad in [
            "http://id.antirius.com",
            "https://id.antirius.com:22",
            "https://id.antirius.com:6379",
            "https://id.antirius.com:8443",
            "https://localhost",
            "https://LOCALHOST.",
            "https://x.localhost",
            "https://antirius",
            "https://antirius.",
            "https://antirius.internal",
            "https://metadata.google.internal.",
            "https://metadata.google.internal..",
            "https://printer.local",
            "gopher://a.example",
            "https://user@a.example",
            "https://a:b@a.example",
            "https://a.example/?x=1",
            "https://a.example/#x",
            "https://127.0.0.1",
            "https://127.8.8.8",
            "https://0x7f.1",
            "https://2130706433",
            "https://017700000001",
            "https://0",
            "https://0.0.0.0",
            "https://10.0.0.1",
            "https://172.16.0.1",
            "https://172.31.255.255",
            "https://192.168.1.1",
            "https://169.254.169.254",
            "https://100.64.0.1",
            "https://100.127.255.255",
            "https://192.0.0.8",
            "https://192.0.2.1",
            "https://198.18.0.1",
            "https://198.51.100.1",
            "https://203.0.113.1",
            "https://192.88.99.1",
            "https://224.0.0.1",
            "https://240.0.0.1",
            "https://255.255.255.255",
            "https://[::]",
            "https://[::1]",
            "https://[::ffff:127.0.0.1]",
            "https://[::ffff:10.0.0.1]",
            "https://[::127.0.0.1]",
            "https://[::ffff:0:127.0.0.1]",
            "https://[64:ff9b::7f00:1]",
            "https://[64:ff9b::a9fe:a9fe]",
            "https://[64:ff9b:1::1]",
            "https://[2002:7f00:1::]",
            "https://[2002:a00:1::]",
            "https://[2001::1]",
            "https://[2001:db8::1]",
            "https://[3fff::1]",
            "https://[5f00::1]",
            "https://[100::1]",
            "https://[fc00::1]",
            "https://[fd12:3456::1]",
            "https://[fe80::1]",
            "https://[fe80::1%25eth0]",
            "https://[fec0::1]",
            "https://[ff02::1]",
        ] {
            assert!(!check(Reach::Public, bad), "{bad}");
        }
    }

    #[test]
    fn wrapped_public_addresses_stay_public() {
        assert!(check(Reach::Public, "https://[64:ff9b::808:808]"));
        assert!(check(Reach::Public, "https://[::ffff:8.8.8.8]"));
    }

    #[test]
    fn a_private_client_may_call_its_own_network_but_no_metadata_service() {
        for good in [
            "http://authara:8080",
            "http://10.0.0.1",
            "http://[fd00::1]:81",
            "http://127.0.0.1:9",
            "https://8.8.8.8",
        ] {
            assert!(check(Reach::Private, good), "{good}");
        }
        for bad in [
            "http://169.254.169.254",
            "http://[fe80::1]",
            "http://0.0.0.0",
            "http://224.0.0.1",
            "http://u@authara",
        ] {
            assert!(!check(Reach::Private, bad), "{bad}");
        }
    }

    #[test]
    fn development_calls_anything_that_is_http() {
        assert!(check(Reach::Any, "http://127.0.0.1:9100"));
        assert!(!check(Reach::Any, "ftp://127.0.0.1"));
    }
}
