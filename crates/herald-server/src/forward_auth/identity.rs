//! The headers that tell an application who sends a request.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use herald_app::{Admitted, IdentityMember, Site};
use herald_core::session::Session;

use crate::site::percent::encode_header;

const X_HERALD_IDENTITY: HeaderName = HeaderName::from_static("x-herald-identity");

/// The headers of one person at one site, ready to be sent.
#[derive(Debug)]
pub(super) struct IdentityHeaders {
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The lengths of their names, as bits.
    lengths: u64,
}

impl IdentityHeaders {
    /// Every header that the site names, empty where the person has no such thing, and `X-Herald-Identity`. Nothing if one of
    /// them is no header: an answer without it would leave the client's own in place.
    pub(super) fn of(site: &Site, admitted: &Admitted) -> Option<Self> {
        let session = admitted.session();
        let member = |(name, member): &(String, IdentityMember)| {
            header(HeaderName::try_from(name).ok()?, &value_of(*member, &session))
        };
        let token = header(X_HERALD_IDENTITY, admitted.identity_token());
        let headers = site.identity_headers.iter().map(member).chain([token]).collect::<Option<Vec<_>>>()?;
        Some(Self::ready(headers))
    }

    fn ready(headers: Vec<(HeaderName, HeaderValue)>) -> Self {
        let lengths = headers.iter().fold(0, |lengths, (name, _)| lengths | length_bit(name));
        Self { headers, lengths }
    }

    /// Adds them to an answer about a request with the headers `asked`.
    ///
    /// A header that the client sent under a name that an application may take for one of these (`X_Herald_Subject`) is
    /// answered under that name as well: a proxy that copies headers by pattern overwrites it.
    pub(super) fn add_to(&self, answer: &mut HeaderMap, asked: &HeaderMap) {
        for (name, value) in &self.headers {
            answer.insert(name.clone(), value.clone());
        }
        for spelling in asked.keys().filter(|name| self.lengths & length_bit(name) != 0) {
            let ours = self.headers.iter().find(|(name, _)| is_spelling_of(spelling, name));
            if let Some((_, value)) = ours {
                answer.insert(spelling.clone(), value.clone());
            }
        }
    }
}

fn header(name: HeaderName, value: &str) -> Option<(HeaderName, HeaderValue)> {
    Some((name, HeaderValue::from_str(value).ok()?))
}

fn value_of(member: IdentityMember, session: &Session) -> String {
    match member {
        IdentityMember::Subject => session.subject.to_string(),
        IdentityMember::SessionId => session.id.to_string(),
        other => encode_header(other.of(&session.identity).unwrap_or_default()),
    }
}

/// One bit for each length of a name: most headers of a request are not even as long as one of ours.
fn length_bit(name: &HeaderName) -> u64 {
    1 << name.as_str().len().min(63)
}

/// Is it the same name to an application that sees header names as CGI does (RFC 3875, 4.1.18), where whatever is no letter
/// or digit becomes `_`? Both are in lower case already.
fn is_spelling_of(name: &HeaderName, ours: &HeaderName) -> bool {
    let (name, ours) = (name.as_str().as_bytes(), ours.as_str().as_bytes());
    name.len() == ours.len()
        && name
            .iter()
            .zip(ours)
            .all(|(a, b)| a == b || !(a.is_ascii_alphanumeric() || b.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let line = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_static(value))
        };
        lines.iter().map(line).collect()
    }

    #[test]
    fn every_spelling_that_the_client_sent_is_answered_for() {
        let ready = [("x-herald-subject", "sub_1"), ("x-herald-name", ""), ("x-herald-identity", "eyJ")];
        let ready = IdentityHeaders::ready(
            ready
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .to_vec(),
        );
        let asked = headers(&[
            ("X-HERALD-SUBJECT", "spoofed"),
            ("X_Herald_Subject", "spoofed"),
            ("X-Herald_Subject", "spoofed"),
            ("X.Herald.Name", "spoofed"),
            ("x_herald_identity", "spoofed"),
            ("x_herald_subjects", "not ours"),
            ("x1herald1subject", "not ours"),
            ("accept", "*/*"),
        ]);
        let mut answer = HeaderMap::new();
        ready.add_to(&mut answer, &asked);
        let mut found: Vec<_> =
            answer.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        found.sort_unstable();
        assert_eq!(
            found,
            [
                ("x-herald-identity", "eyJ"),
                ("x-herald-name", ""),
                ("x-herald-subject", "sub_1"),
                ("x-herald_subject", "sub_1"),
                ("x.herald.name", ""),
                ("x_herald_identity", "eyJ"),
                ("x_herald_subject", "sub_1"),
            ]
        );
    }
}
