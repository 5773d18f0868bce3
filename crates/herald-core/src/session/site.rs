//! The cookie that a browser has on one site.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{clock::Entropy, id::SessionId, secret::Digest};

/// The origin of a site (RFC 6454): scheme, host, and the port where it is not the scheme's own.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SiteOrigin(String);

impl SiteOrigin {
    /// The origin of an address; nothing for one that is not http or https.
    pub fn of(url: &url::Url) -> Option<Self> {
        let is_web = matches!(url.scheme(), "https" | "http") && url.host_str().is_some();
        is_web.then(|| Self(url.origin().ascii_serialization()))
    }

    /// The origin as text, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Does it begin with `https`?
    pub fn is_secure(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl fmt::Debug for SiteOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const PREFIX: &str = "hss_";
/// The session's id and 256 random bits.
const LENGTH: usize = 16 + 32;

/// The value of a site's session cookie: names its session and proves that the browser may have it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub struct SiteSecret(String);

impl SiteSecret {
    /// A fresh one for this session.
    pub fn generate(session: SessionId, entropy: &dyn Entropy) -> Self {
        let mut bytes = [0; LENGTH];
        bytes[..16].copy_from_slice(&session.as_u128().to_be_bytes());
        entropy.fill(&mut bytes[16..]);
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
        bytes.zeroize();
        Self(text)
    }

    /// The session that a cookie's value names, if it is shaped like one of ours. Says nothing about whether it is good.
    pub fn session_of(text: &str) -> Option<SessionId> {
        let mut bytes = [0; LENGTH];
        let length = URL_SAFE_NO_PAD.decode_slice(text.strip_prefix(PREFIX)?, &mut bytes).ok()?;
        let (id, _) = bytes.split_first_chunk::<16>()?;
        (length == LENGTH).then(|| SessionId::from_u128(u128::from_be_bytes(*id)))
    }

    /// The secret itself, for the browser it belongs to.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What to keep of it.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

impl fmt::Debug for SiteSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SiteSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemEntropy;

    #[test]
    fn a_cookie_names_its_session() {
        let session = SessionId::from_u128(7);
        let secret = SiteSecret::generate(session, &SystemEntropy);
        assert_eq!(SiteSecret::session_of(secret.expose()), Some(session));
        assert!(secret.digest().is_of(secret.expose()));
        let text = secret.expose();
        for bad in ["", "hss_", &text[4..], &text[..text.len() - 1], &format!("{text}A"), "hrt_AAAA", "hss_é"]
        {
            assert_eq!(SiteSecret::session_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_origin_has_its_port_only_where_it_is_not_the_usual_one() {
        let origin =
            |text: &str| SiteOrigin::of(&text.parse().unwrap()).map(|origin| origin.as_str().to_owned());
        assert_eq!(origin("https://App.Example:443/.herald").as_deref(), Some("https://app.example"));
        assert_eq!(origin("http://app.example:8080").as_deref(), Some("http://app.example:8080"));
        assert_eq!(origin("ftp://app.example"), None);
    }
}
