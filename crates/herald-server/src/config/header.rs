//! The headers that a site's identity goes into.

use std::collections::BTreeMap;

use herald_app::IdentityMember;

use super::Checker;

/// The longest name that every proxy takes.
const LONGEST: usize = 64;

/// Headers that mean something to proxies, servers or browsers already, or that Herald itself answers with.
const TAKEN: [&str; 40] = [
    "accept",
    "age",
    "allow",
    "alt-svc",
    "authorization",
    "cache-control",
    "connection",
    "cookie",
    "date",
    "dnt",
    "etag",
    "expect",
    "expires",
    "forwarded",
    "from",
    "host",
    "keep-alive",
    "last-modified",
    "link",
    "location",
    "max-forwards",
    "origin",
    "pragma",
    "range",
    "referer",
    "retry-after",
    "server",
    "set-cookie",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "vary",
    "via",
    "warning",
    "x-real-ip",
    "x-request-id",
];

/// What such headers begin with.
const TAKEN_FAMILIES: [&str; 13] = [
    "accept-",
    "access-control-",
    "content-",
    "cross-origin-",
    "if-",
    "proxy-",
    "sec-",
    "strict-transport-",
    "upgrade-",
    "www-",
    "x-forwarded-",
    "x-http-method",
    "x-original-",
];

/// Headers that Herald itself answers a proxy with.
const OURS: [&str; 2] = ["x-herald-identity", "x-herald-login"];

/// Reads which member of the identity goes into which header, in the order of their names.
pub(super) fn check(
    check: &mut Checker<'_>,
    headers: &BTreeMap<String, String>,
) -> Vec<(String, IdentityMember)> {
    let mut members: Vec<(String, IdentityMember)> = Vec::new();
    for (name, word) in headers {
        let member = IdentityMember::parse(word);
        let fault = match (why_not(name), member) {
            (Some(fault), _) => fault.to_owned(),
            (None, None) => format!("there is no member {word:?} of an identity"),
            (None, Some(_)) if members.iter().any(|(known, _)| known.eq_ignore_ascii_case(name)) => {
                "the same header twice: upper and lower case make no difference".to_owned()
            }
            (None, Some(member)) => {
                members.push((name.clone(), member));
                continue;
            }
        };
        check.fault_at(&quoted(name), fault);
    }
    members
}

/// Why a header cannot carry a member of an identity, if it cannot.
fn why_not(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    let is_plain = lower.starts_with(|c: char| c.is_ascii_lowercase())
        && lower.len() <= LONGEST
        && lower.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !lower.ends_with('-');
    if lower.contains('_') {
        Some("write it with `-`: proxies and servers take `_` for the same, or throw it away")
    } else if !is_plain {
        Some("a header's name is a letter and up to 63 letters, digits and `-`")
    } else if OURS.contains(&&*lower) {
        Some("Herald itself answers with this header")
    } else if TAKEN.contains(&&*lower) || TAKEN_FAMILIES.iter().any(|family| lower.starts_with(family)) {
        Some("this header has a meaning of its own")
    } else {
        None
    }
}

/// The name as a part of a key path, in quotes where it needs them.
fn quoted(name: &str) -> String {
    let is_bare =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if is_bare { name.to_owned() } else { format!("{name:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&str, &str)]) -> (Vec<(String, IdentityMember)>, Vec<String>) {
        let mut checker = Checker::new(&|_| None);
        let headers = headers.iter().map(|(name, word)| ((*name).to_owned(), (*word).to_owned())).collect();
        let members = check(&mut checker, &headers);
        (members, checker.faults.into_iter().map(|fault| fault.path).collect())
    }

    #[test]
    fn an_identity_goes_into_headers_that_mean_nothing_else() {
        let (members, faults) =
            read(&[("X-Herald-Subject", "subject"), ("Remote-User", "preferred_username")]);
        assert_eq!(faults, [""; 0]);
        let words: Vec<_> = members.iter().map(|(name, member)| (name.as_str(), member.as_str())).collect();
        assert_eq!(words, [("Remote-User", "preferred_username"), ("X-Herald-Subject", "subject")]);
        for bad in [
            "",
            "X_Herald_Subject",
            "X Herald",
            "X-Herald-Subject:",
            "X-Héraut",
            "-x",
            "x-",
            "1x",
            &"x".repeat(65),
            "Host",
            "COOKIE",
            "Authorization",
            "Content-Length",
            "Transfer-Encoding",
            "X-Forwarded-User",
            "Connection",
            "Sec-Fetch-Site",
            "x-herald-identity",
            "X-Herald-Login",
        ] {
            let (members, faults) = read(&[(bad, "subject")]);
            assert!(members.is_empty() && faults.len() == 1, "{bad}");
        }
    }

    #[test]
    fn a_header_is_there_once_and_carries_what_there_is() {
        let (members, faults) = read(&[("X-Name", "name"), ("x-name", "given_name"), ("X-Word", "password")]);
        assert_eq!((members.len(), faults), (1, vec!["X-Word".to_owned(), "x-name".to_owned()]));
    }
}
