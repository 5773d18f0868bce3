//! Antara's three kinds of tokens, never mixed up: an endpoint takes only the type that it is for.
//!
//! `oit_` is a person's, `aat_` the app's. The third, `cap_`, lets somebody write to one slug; nothing here uses it, and
//! neither type can be made from one.

use std::{fmt, sync::Arc, time::Duration};

use herald_core::{clock::Clock, error::ProviderError, token_shelf::TokenShelf};
use herald_outbound::{FreshToken, TokenCache};
use secrecy::{ExposeSecret as _, SecretString};

use crate::api::Api;

/// The longest token that is looked at.
const LONGEST: usize = 2048;

macro_rules! token {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub(crate) struct $name(SecretString);

        impl $name {
            /// The token that the text is: the prefix and something visible behind it.
            pub(crate) fn parse(text: &str) -> Option<Self> {
                let rest = text.strip_prefix($prefix)?;
                let is_good = !rest.is_empty()
                    && text.len() <= LONGEST
                    && rest.bytes().all(|byte| byte.is_ascii_graphic());
                is_good.then(|| Self(SecretString::from(text)))
            }

            /// The token, to be sent.
            pub(crate) fn secret(&self) -> &SecretString {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

token! {
    /// A person's token (`oit_`), for introspection, userinfo and identity lookup.
    IdentityToken, "oit_"
}
token! {
    /// The app's own token (`aat_`), for messages.
    AppToken, "aat_"
}

/// The app's token, fetched with the API key, shared by everybody until shortly before it ends.
#[derive(Debug)]
pub(crate) struct AppTokens {
    api: Api,
    api_key: SecretString,
    clock: Arc<dyn Clock>,
    cache: TokenCache,
}

impl AppTokens {
    /// With a shelf, the replicas share the token; an exchange takes no longer than `lease`.
    pub(crate) fn new(
        api: Api,
        api_key: SecretString,
        clock: Arc<dyn Clock>,
        shelf: Option<(Arc<dyn TokenShelf>, Duration)>,
    ) -> Self {
        let cache = TokenCache::new(clock.clone());
        let cache = match shelf {
            Some((shelf, lease)) => cache.on(shelf, lease),
            None => cache,
        };
        Self { api, api_key, clock, cache }
    }

    /// The token of now. However many ask at once, one exchange is made.
    pub(crate) async fn get(&self) -> Result<AppToken, ProviderError> {
        let fetch = || async {
            let granted = self.api.exchange_key(&self.api_key).await?;
            let expires_in = granted.expires_in(self.clock.now());
            Ok(FreshToken { token: granted.token.secret().clone(), expires_in })
        };
        self.cache.get(fetch).await.map(AppToken)
    }

    /// Antara refused this one: the next [`AppTokens::get`] fetches, unless somebody has already.
    pub(crate) fn reject(&self, refused: &AppToken) {
        self.cache.reject(refused.secret());
    }
}

/// The app's token as the exchange granted it.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) token: AppToken,
    /// Seconds from now.
    pub(crate) seconds: Option<u32>,
    /// Seconds since 1970.
    pub(crate) until: Option<i64>,
}

impl Granted {
    /// How long the token lives where the answer said nothing usable: short, because a lost token costs one exchange.
    const UNSAID: Duration = Duration::from_secs(60);

    fn expires_in(&self, now: jiff::Timestamp) -> Duration {
        let by_end = || self.until.and_then(|until| u32::try_from(until - now.as_second()).ok());
        self.seconds.or_else(by_end).map_or(Self::UNSAID, |seconds| Duration::from_secs(u64::from(seconds)))
    }
}

impl PartialEq for AppToken {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn no_token_is_taken_for_another() {
        assert!(IdentityToken::parse("oit_abc").is_some() && AppToken::parse("aat_abc").is_some());
        for other in
            ["aat_abc", "cap_abc", "uat_abc", "oit_", "OIT_abc", " oit_abc", "oit_a b", "oit_a\r\nX: y", ""]
        {
            assert!(IdentityToken::parse(other).is_none(), "{other:?}");
        }
        for other in ["oit_abc", "cap_abc", "antara_live_abc", "aat_", "aat_\u{e9}"] {
            assert!(AppToken::parse(other).is_none(), "{other:?}");
        }
        assert!(IdentityToken::parse(&format!("oit_{}", "a".repeat(LONGEST))).is_none());
    }

    #[test]
    fn a_token_lives_as_long_as_either_member_says() {
        let now = Timestamp::from_second(1_000).unwrap();
        let granted = |seconds, until| {
            let token = AppToken::parse("aat_abc").unwrap();
            Granted { token, seconds, until }.expires_in(now).as_secs()
        };
        assert_eq!(granted(Some(300), None), 300);
        assert_eq!(granted(None, Some(1_600)), 600);
        assert_eq!(granted(Some(300), Some(1_600)), 300);
        assert_eq!((granted(None, None), granted(None, Some(999))), (60, 60));
    }

    #[test]
    fn debug_shows_no_token() {
        let shown = format!("{:?} {:?}", IdentityToken::parse("oit_x"), AppToken::parse("aat_x"));
        assert_eq!(shown, "Some(IdentityToken(…)) Some(AppToken(…))");
    }
}
