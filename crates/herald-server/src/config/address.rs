//! The rules for addresses in the file: those of providers, which we call, and our own, which browsers see.

use herald_outbound::has_public_host;
use url::Url;

use super::Checker;

/// Reads the address of a provider, or notes why it may not be called.
///
/// With `is_private`, or in development, also http, private addresses and any port.
pub(super) fn base_url(check: &mut Checker<'_>, text: &str, is_private: bool) -> Option<Url> {
    let url = plain_url(check, text)?;
    if url.query().is_some() {
        check.fault("a query has no place here");
        return None;
    }
    outside(check, url, is_private, "`is_private = true` on this connection")
}

/// Reads the address of who is told of ended sessions, or notes why nothing may be sent there. It may have a query (OpenID
/// Connect Back-Channel Logout 1.0, 2.2).
///
/// With `is_private`, or in development, also http, private addresses and any port.
pub(super) fn receiver_url(check: &mut Checker<'_>, text: &str, is_private: bool) -> Option<Url> {
    let url = plain_url(check, text)?;
    outside(check, url, is_private, "`backchannel_logout_is_private = true`")
}

/// An address outside, if we may call it; `permission` is what would allow more.
fn outside(check: &mut Checker<'_>, url: Url, is_private: bool, permission: &str) -> Option<Url> {
    if is_private || check.is_development {
        return Some(url);
    }
    let before = check.faults.len();
    if url.scheme() != "https" {
        check.fault(format!("http needs {permission}, or development"));
    }
    if url.port().is_some() {
        check.fault(format!("a port other than 443 needs {permission}, or development"));
    }
    if !has_public_host(&url) {
        check.fault(format!("an address that is not public needs {permission}, or development"));
    }
    (check.faults.len() == before).then_some(url)
}

/// Reads an address of our own (`public_url`, `browser_url`, a site's `url`) and gives it without a slash at the end: https,
/// except in development.
pub(super) fn own_url(check: &mut Checker<'_>, text: &str) -> Option<String> {
    let url = plain_url(check, text)?;
    if url.query().is_some() {
        check.fault("a query has no place here");
        return None;
    }
    if url.scheme() != "https" && !check.is_development {
        check.fault("http is for development only: browsers would not keep the cookies that bind a login");
        return None;
    }
    Some(url.as_str().trim_end_matches('/').to_owned())
}

fn plain_url(check: &mut Checker<'_>, text: &str) -> Option<Url> {
    let fault = match Url::parse(text) {
        Err(_) => "not an absolute URL",
        Ok(url) if !matches!(url.scheme(), "http" | "https") => "the scheme must be https",
        Ok(_) if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') => {
            "white space, control characters and backslashes have no place here"
        }
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            "a user name or password has no place here"
        }
        Ok(url) if url.fragment().is_some() => "a fragment has no place here",
        Ok(url) if url.host_str().is_none_or(|host| host.is_empty() || host.len() > 253) => {
            "the host is missing or longer than 253 characters"
        }
        Ok(url) => return Some(url),
    };
    check.fault(fault);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str, is_private: bool, is_development: bool) -> bool {
        let mut check = Checker::new(&|_| None);
        check.is_development = is_development;
        let url = base_url(&mut check, text, is_private);
        assert_eq!(url.is_some(), check.faults.is_empty(), "{text}");
        url.is_some()
    }

    #[test]
    fn a_provider_is_public_and_spoken_to_over_tls() {
        assert!(base("https://id.antirius.com", false, false));
        assert!(base("https://eu.antara.example:443/prefix/", false, false));
        let long = format!("https://{}.example", "a.".repeat(150));
        for bad in [
            "http://id.antirius.com",
            "https://127.0.0.1",
            "https://10.1.2.3",
            "https://0",
            "https://017700000001",
            "https://2130706433",
            "https://[::1]",
            "https://[::ffff:10.0.0.1]",
            "https://[fd00::1]",
            "https://[fe80::1]",
            "https://[64:ff9b::a00:1]",
            "https://[2002:a00:1::]",
            "https://[3fff::1]",
            "https://169.254.169.254",
            "https://100.64.0.1",
            "https://localhost",
            "https://x.localhost",
            "https://metadata.google.internal",
            "https://metadata.google.internal.",
            "https://antirius",
            "https://id.antirius.com:22",
            "https://id.antirius.com:8443",
            &long,
        ] {
            assert!(!base(bad, false, false), "{bad}");
        }
    }

    #[test]
    fn what_the_operator_names_private_may_be() {
        for good in ["http://authara:8080", "http://127.0.0.1:9100", "https://10.1.2.3:8443/x"] {
            assert!(base(good, true, false) && base(good, false, true), "{good}");
        }
        for bad in [
            "https://a:b@id.antirius.com",
            "https://id.antirius.com/?x=1",
            "https://a.example/#x",
            "ftp://x",
            "x",
            "",
        ] {
            assert!(!base(bad, true, true), "{bad}");
        }
    }

    #[test]
    fn who_is_told_of_ended_sessions_is_public_and_may_have_a_query() {
        let receiver = |text: &str, is_private: bool| {
            let mut check = Checker::new(&|_| None);
            let url = receiver_url(&mut check, text, is_private);
            assert_eq!(url.is_some(), check.faults.is_empty(), "{text}");
            url.is_some()
        };
        assert!(receiver("https://shop.acme.example/logout?from=herald", false));
        for inside in
            ["http://shop:8080/logout", "https://10.1.2.3/logout", "https://shop.acme.example:8443/"]
        {
            assert!(!receiver(inside, false) && receiver(inside, true), "{inside}");
        }
        for bad in ["https://a:b@shop.acme.example/", "https://shop.acme.example/#x", "/logout", ""] {
            assert!(!receiver(bad, true), "{bad}");
        }
    }

    #[test]
    fn our_own_addresses_lose_their_last_slash() {
        let mut check = Checker::new(&|_| None);
        assert_eq!(own_url(&mut check, "https://Login.Example/"), Some("https://login.example".into()));
        assert_eq!(own_url(&mut check, "https://a.example/herald/"), Some("https://a.example/herald".into()));
        assert_eq!(own_url(&mut check, "http://a.example"), None);
        assert_eq!(own_url(&mut check, "https://a.example/?x=1"), None);
        check.is_development = true;
        assert_eq!(own_url(&mut check, "http://127.0.0.1:8080"), Some("http://127.0.0.1:8080".into()));
    }
}
