//! What callers send about notifications. Each type is the schema of its body and what reading the body gives.

use herald_app::NewNotification;
use herald_core::{
    id::SubjectId,
    notification::{Address, Message, OnUnknown},
    phone::PhoneNumber,
    text::{MessageText, Reference, Slug},
};
use jiff::Timestamp;
use utoipa::ToSchema;

use super::{OnUnknownWord, login_request::reference, time::parse_time};
use crate::extract::json::{FromJson, Json, ObjectReader, Place, text};

/// The most connections of a route.
const LONGEST_ROUTE: usize = 10;

/// Sends a notification.
#[derive(Debug, ToSchema)]
pub struct SendNotificationRequest {
    /// Whom to send to.
    #[schema(value_type = RecipientAddress)]
    pub to: Address,
    /// What to send.
    #[schema(value_type = MessageRequest)]
    pub message: Message,
    /// Your own word for the notification: returned, searchable, never interpreted. Printable characters.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 128, example = "parcel-9")]
    pub reference: Option<Reference>,
    /// The connections to try, in order; the tenant's own route when absent.
    #[schema(min_items = 1, max_items = 10, example = json!(["main", "backup"]))]
    pub route: Option<Vec<String>>,
    /// Not to be sent before then; at most 30 days ahead.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub send_at: Option<Timestamp>,
    /// Not to be sent after then; 6 hours after `send_at` when absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// What to do after a send whose end nobody saw; the tenant's rule when absent.
    #[schema(value_type = Option<OnUnknownWord>)]
    pub on_unknown: Option<OnUnknown>,
}

/// Whom to send to.
#[derive(Debug, ToSchema, serde::Serialize)]
#[serde(untagged)]
pub enum RecipientAddress {
    /// A person of the tenant, through whatever identity reaches them.
    Subject(SubjectAddress),
    /// A phone number.
    Phone(PhoneAddress),
    /// A provider's per-app name of a person.
    Slug(SlugAddress),
}

/// A person of the tenant, through whatever identity reaches them.
#[derive(Debug, ToSchema, serde::Serialize)]
pub struct SubjectAddress {
    #[schema(inline)]
    r#type: SubjectType,
    /// The person.
    #[schema(example = "sub_01h455vb4pex5vsknk084sn02q")]
    subject: String,
}

/// A phone number.
#[derive(Debug, ToSchema, serde::Serialize)]
pub struct PhoneAddress {
    #[schema(inline)]
    r#type: PhoneType,
    /// The number in E.164 form.
    #[schema(pattern = r"^\+[1-9][0-9]{6,14}$", example = "+79001234567")]
    phone_number: String,
}

/// A provider's per-app name of a person.
#[derive(Debug, ToSchema, serde::Serialize)]
pub struct SlugAddress {
    #[schema(inline)]
    r#type: SlugType,
    /// The name.
    #[schema(min_length = 1, max_length = 128, example = "xK9mNp")]
    slug: String,
}

/// What to send.
#[derive(Debug, ToSchema, serde::Serialize)]
#[serde(untagged)]
pub enum MessageRequest {
    /// Plain text.
    Text(TextMessage),
}

/// Plain text.
#[derive(Debug, ToSchema, serde::Serialize)]
pub struct TextMessage {
    #[schema(inline)]
    r#type: TextType,
    /// The words. Not only white space, no control characters but tab and line ends; a provider may take less.
    #[schema(min_length = 1, max_length = 4096, example = "Your parcel is here")]
    text: String,
}

macro_rules! type_word {
    ($($name:ident $variant:ident)*) => {$(
        #[expect(dead_code, reason = "there for its schema; bodies are read by word")]
        #[derive(Clone, Copy, Debug, ToSchema, serde::Serialize)]
        #[serde(rename_all = "snake_case")]
        enum $name {
            $variant,
        }
    )*};
}
type_word! { SubjectType Subject PhoneType Phone SlugType Slug TextType Text }

impl FromJson for SendNotificationRequest {
    fn read(object: &mut ObjectReader<'_>) -> Option<Self> {
        let to = object.required("to", |place, json| place.object(json, address));
        let message = object.required("message", |place, json| place.object(json, message));
        let reference = object.optional("reference", reference);
        let route = object.optional("route", |place, json| place.array(json, 1..=LONGEST_ROUTE, text));
        let send_at = object.optional("send_at", time);
        let expires_at = object.optional("expires_at", time);
        let on_unknown = object.optional("on_unknown", |place, json| place.word(json, &ON_UNKNOWN));
        Some(Self { to: to?, message: message?, reference, route, send_at, expires_at, on_unknown })
    }
}

impl From<SendNotificationRequest> for NewNotification {
    fn from(request: SendNotificationRequest) -> Self {
        let SendNotificationRequest { to, message, reference, route, send_at, expires_at, on_unknown } =
            request;
        Self { to, message, reference, route, send_at, expires_at, on_unknown }
    }
}

const ON_UNKNOWN: [(&str, OnUnknown); 3] = [
    ("at_most_once", OnUnknown::AtMostOnce),
    ("at_least_once", OnUnknown::AtLeastOnce),
    ("fallback", OnUnknown::Fallback),
];

#[derive(Clone, Copy)]
enum AddressType {
    Subject,
    Phone,
    Slug,
}

const ADDRESS_TYPES: [(&str, AddressType); 3] =
    [("subject", AddressType::Subject), ("phone", AddressType::Phone), ("slug", AddressType::Slug)];

fn address(object: &mut ObjectReader<'_>) -> Option<Address> {
    let Some(kind) = object.required("type", |place, json| place.word(json, &ADDRESS_TYPES)) else {
        object.ignore_rest();
        return None;
    };
    match kind {
        AddressType::Subject => object
            .required("subject", |place, json| place.id(json, "a subject's id", SubjectId::parse))
            .map(|subject| Address::Subject { subject }),
        AddressType::Phone => object
            .required("phone_number", |place, json| place.parsed(json, "not_e164", PhoneNumber::parse))
            .map(|phone_number| Address::Phone { phone_number }),
        AddressType::Slug => object
            .required("slug", |place, json| place.parsed(json, "not_a_slug", Slug::parse))
            .map(|slug| Address::Slug { slug }),
    }
}

fn message(object: &mut ObjectReader<'_>) -> Option<Message> {
    let Some(()) = object.required("type", |place, json| place.word(json, &[("text", ())])) else {
        object.ignore_rest();
        return None;
    };
    object.required("text", message_text).map(|text| Message::Text { text })
}

/// The words of a message, with the fault named that callers meet most.
fn message_text(place: Place<'_>, json: Json) -> Option<MessageText> {
    let code = match &json {
        Json::Text(text) if text.trim().is_empty() => "empty",
        Json::Text(text) if text.chars().count() > MessageText::LONGEST => "too_long",
        _ => "not_printable",
    };
    place.parsed(json, code, MessageText::parse)
}

/// A time with its zone (RFC 3339).
pub(super) fn time(place: Place<'_>, json: Json) -> Option<Timestamp> {
    place.parsed(json, "not_a_time", |text| {
        parse_time(text).ok_or("must be a time with its zone, such as 2026-01-02T03:04:05Z")
    })
}

#[cfg(test)]
#[path = "notification_request_tests.rs"]
mod tests;
