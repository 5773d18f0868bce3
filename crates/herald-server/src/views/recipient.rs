//! Whom a notification is for, as answers show it: a phone number only in part.

use herald_core::notification::Address;
use serde::Serialize;
use utoipa::ToSchema;

/// Whom a notification is for, as answers show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = NotificationRecipient)]
pub enum Recipient {
    /// A person of the tenant.
    Subject(SubjectRecipient),
    /// A phone number.
    Phone(PhoneRecipient),
    /// A provider's per-app name.
    Slug(SlugRecipient),
}

/// A person of the tenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SubjectRecipient {
    #[schema(inline)]
    r#type: SubjectType,
    /// The person.
    #[schema(example = "sub_01h455vb4pex5vsknk084sn02q")]
    subject: String,
}

/// A phone number, its middle hidden.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PhoneRecipient {
    #[schema(inline)]
    r#type: PhoneType,
    /// The number with its middle hidden.
    #[schema(example = "+7900•••4567")]
    phone_number: String,
}

/// A provider's per-app name of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SlugRecipient {
    #[schema(inline)]
    r#type: SlugType,
    /// The name.
    #[schema(example = "xK9mNp")]
    slug: String,
}

macro_rules! type_word {
    ($($name:ident $variant:ident)*) => {$(
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        enum $name {
            $variant,
        }
    )*};
}
type_word! { SubjectType Subject PhoneType Phone SlugType Slug }

impl From<&Address> for Recipient {
    fn from(address: &Address) -> Self {
        match address {
            Address::Subject { subject } => {
                Self::Subject(SubjectRecipient { r#type: SubjectType::Subject, subject: subject.to_string() })
            }
            Address::Phone { phone_number } => {
                Self::Phone(PhoneRecipient { r#type: PhoneType::Phone, phone_number: phone_number.masked() })
            }
            Address::Slug { slug } => {
                Self::Slug(SlugRecipient { r#type: SlugType::Slug, slug: slug.as_str().to_owned() })
            }
        }
    }
}
