//! Phone numbers in E.164, and how they are shown.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// The text is no phone number in E.164 form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a phone number in E.164 form, such as +16502530000")]
pub struct NotE164;

/// A phone number: `+`, a digit other than 0, and 6 to 14 more digits, all ASCII (ITU-T E.164).
///
/// `Debug` and [`PhoneNumber::masked`] hide the middle; only [`PhoneNumber::expose`] shows it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Reads the E.164 form exactly: no spaces, no extension, no other digits than ASCII's.
    pub fn parse(text: &str) -> Result<Self, NotE164> {
        let digits = text.strip_prefix('+').ok_or(NotE164)?;
        let is_good = (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|b| b.is_ascii_digit());
        if is_good { Ok(Self(text.to_owned())) } else { Err(NotE164) }
    }

    /// The whole number, for the provider that delivers to it and the caller that owns it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The number with its middle hidden: `+7900•••4567`.
    pub fn masked(&self) -> String {
        // The shortest number has eight characters: at most half of it may be shown.
        let (head, tail) = if self.0.len() >= 11 { (5, 4) } else { (2, 2) };
        format!("{}•••{}", &self.0[..head], &self.0[self.0.len() - tail..])
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(…)")
    }
}

impl<'de> Deserialize<'de> for PhoneNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e164_is_read_exactly() {
        assert!(PhoneNumber::parse("+79001234567").is_ok());
        assert!(PhoneNumber::parse("+1234567").is_ok());
        for bad in [
            "89001234567",
            "+7 900 123-45-67",
            "+0123",
            "+",
            "",
            "+123456",
            "+1234567890123456",
            "+٧٩٠٠١٢٣٤٥٦٧",
            "+79001234567;ext=1",
            "+79001234567\r\n",
            "+7900\u{0}1234567",
            "\u{202e}+79001234567",
        ] {
            assert_eq!(PhoneNumber::parse(bad), Err(NotE164), "{bad:?}");
        }
    }

    #[test]
    fn a_masked_number_hides_its_middle() {
        let number = PhoneNumber::parse("+79001234567").unwrap();
        assert_eq!(number.masked(), "+7900•••4567");
        assert_eq!(PhoneNumber::parse("+1234567").unwrap().masked(), "+1•••67");
        assert_eq!(format!("{number:?}"), "PhoneNumber(…)");
    }
}
