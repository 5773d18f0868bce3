//! To which kind of provider, and by which rule: the columns of the matrix.

use serde_json::{Value, json};

/// One column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A provider that recognises repeats.
    Antara,
    /// One that does not: no duplicate, some may end `unknown`.
    AtMostOnce,
    /// One that does not: each arrives, some twice.
    AtLeastOnce,
}

impl Mode {
    pub(crate) const ALL: [Self; 3] = [Self::Antara, Self::AtMostOnce, Self::AtLeastOnce];

    /// Its name in cells.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Antara => "antara",
            Self::AtMostOnce => "at_most_once",
            Self::AtLeastOnce => "at_least_once",
        }
    }

    /// The provider's name.
    pub(crate) fn provider(self) -> &'static str {
        if self == Self::Antara { "antara" } else { "antirius" }
    }

    /// The tenant's `on_unknown`.
    pub(crate) fn on_unknown(self) -> &'static str {
        if self == Self::AtLeastOnce { "at_least_once" } else { "at_most_once" }
    }

    /// What is asked for under the `number`-th key.
    pub(crate) fn notification(self, number: usize) -> Value {
        let to = match self {
            Self::Antara => json!({ "type": "slug", "slug": format!("slug{number:06}") }),
            _ => json!({ "type": "phone", "phone_number": format!("+7900{number:07}") }),
        };
        json!({ "to": to, "message": { "type": "text", "text": text(number) } })
    }
}

/// The words of the `number`-th message: by them the provider's ledger knows it.
pub(crate) fn text(number: usize) -> String {
    format!("message {number}")
}
