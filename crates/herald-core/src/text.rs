//! Small texts that callers give, each parsed once: slug, reference, locale, idempotency key, message text.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// The text does not keep the rules of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidText(pub &'static str);

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $check:expr, $rule:literal, $debug:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Reads the text, or says which rule it breaks.
            pub fn parse(text: &str) -> Result<Self, InvalidText> {
                let check: fn(&str) -> bool = $check;
                if check(text) { Ok(Self(text.to_owned())) } else { Err(InvalidText($rule)) }
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let debug: fn(&str) -> &str = $debug;
                f.write_str(debug(&self.0))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        }
    };
}

text! {
    /// A person's name within one Antara app. Antara documents no alphabet; this is what its examples keep to, with room.
    Slug,
    |text| (1..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
        && !text.contains(".."),
    "a slug is 1 to 128 of A–Z, a–z, 0–9, `-`, `_` and single `.`, and begins with a letter or digit",
    |_| "Slug(…)"
}

text! {
    /// The caller's own word for a login or notification: returned, searchable, never interpreted.
    Reference,
    |text| !text.is_empty() && text.chars().count() <= 128 && !text.chars().any(is_unprintable),
    "a reference is 1 to 128 printable characters",
    |_| "Reference(…)"
}

text! {
    /// A language tag (RFC 5646, its shape only), for the provider's and our own texts.
    Locale,
    |text| text.len() <= 35
        && text.split('-').enumerate().all(|(i, part)| {
            let shortest = if i == 0 { 2 } else { 1 };
            (shortest..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        })
        && text.split('-').next().is_some_and(|first| first.bytes().all(|b| b.is_ascii_alphabetic())),
    "a locale is a language tag such as `en` or `pt-BR`",
    |text| text
}

text! {
    /// The caller's name for one wish to notify: 1 to 255 visible ASCII characters.
    IdempotencyKey,
    |text| (1..=255).contains(&text.len()) && text.bytes().all(|b| (0x21..=0x7e).contains(&b)),
    "an idempotency key is 1 to 255 visible ASCII characters",
    |_| "IdempotencyKey(…)"
}

text! {
    /// The words of a message: 1 to 4096 characters, not only white space, no control characters but tab and line ends.
    MessageText,
    |text| !text.trim().is_empty()
        && text.chars().count() <= MessageText::LONGEST
        && !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')),
    "a text is 1 to 4096 characters, not only spaces, without control characters",
    |_| "MessageText(…)"
}

impl MessageText {
    /// The longest text, in Unicode scalar values: what Telegram, the narrowest of the messengers behind the providers, takes.
    pub const LONGEST: usize = 4096;
}

/// Control characters, line and paragraph separators, and the marks that turn the direction of text around.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_no_address_and_no_path() {
        for good in ["xK9mNp", "your-handle", "a", "a.b_c"] {
            assert!(Slug::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "a@b@useantara.com", "../x", "a..b", "-a", &"a".repeat(300), "a b", "a\0"] {
            assert!(Slug::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_reference_is_printable() {
        assert!(Reference::parse("cart-4711 / été").is_ok());
        for bad in ["", "a\nb", "a\0", "\u{202e}x", &"a".repeat(129)] {
            assert!(Reference::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_locale_is_a_language_tag() {
        for good in ["en", "ru", "pt-BR", "zh-Hant-TW"] {
            assert!(Locale::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "e", "en_US", "en-", "-en", "1a", &"a-".repeat(40)] {
            assert!(Locale::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_idempotency_key_is_visible_ascii() {
        assert!(IdempotencyKey::parse("a,b").is_ok());
        for bad in ["", "a b", "é", "a\t", &"a".repeat(256)] {
            assert!(IdempotencyKey::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_message_says_something() {
        assert!(MessageText::parse("hi\n😀").is_ok());
        assert!(MessageText::parse(&"😀".repeat(4096)).is_ok());
        for bad in ["", "  \n", "a\0b", &"a".repeat(4097)] {
            assert!(MessageText::parse(bad).is_err());
        }
    }
}
