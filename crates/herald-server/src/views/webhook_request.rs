//! What callers send about webhook endpoints. Each type is the schema of its body and what reading the body gives.
//!
//! Only types are read here: what addresses, filters and descriptions may be is the application's to say.

use herald_app::webhook::{EndpointChange, NewEndpoint};
use jiff::Timestamp;
use utoipa::ToSchema;

use super::notification_request::time;
use crate::extract::json::{FromJson, Json, ObjectReader, Place, text};

/// Makes a webhook endpoint.
#[derive(Debug, ToSchema)]
pub struct CreateWebhookEndpointRequest {
    /// Where events are sent to, by POST: an https address on port 443, public, without user and fragment.
    #[schema(format = "uri", max_length = 2000, example = "https://shop.acme.example/herald-events")]
    pub url: String,
    /// Which events: a type such as `login.claimed`, a family such as `notification.*`, or `*`.
    #[schema(min_items = 1, max_items = 50, example = json!(["notification.*", "login.claimed"]))]
    pub events: Vec<String>,
    /// Your own words about it.
    #[schema(max_length = 500, example = "The shop's order service")]
    pub description: Option<String>,
}

/// Changes a webhook endpoint. What is left out stays.
#[derive(Debug, ToSchema)]
pub struct UpdateWebhookEndpointRequest {
    /// Where events are sent to; as when it was made.
    #[schema(format = "uri", max_length = 2000, example = "https://shop.acme.example/herald-events")]
    pub url: Option<String>,
    /// Which events; as when it was made.
    #[schema(min_items = 1, max_items = 50, example = json!(["notification.*", "login.claimed"]))]
    pub events: Option<Vec<String>>,
    /// Is it told? Events of a time in which it was not are kept for a replay, for 3 days.
    pub is_enabled: Option<bool>,
    /// Your own words about it; empty for none.
    #[schema(max_length = 500, example = "The shop's order service")]
    pub description: Option<String>,
}

/// Asks for deliveries to be sent again.
#[derive(Debug, ToSchema)]
pub struct ReplayWebhookDeliveriesRequest {
    /// All deliveries since then, delivered ones too. They are kept for 3 days.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
}

impl FromJson for CreateWebhookEndpointRequest {
    fn read(object: &mut ObjectReader<'_>) -> Option<Self> {
        let url = object.required("url", text);
        let events = object.required("events", events);
        let description = object.optional("description", text);
        Some(Self { url: url?, events: events?, description })
    }
}

impl FromJson for UpdateWebhookEndpointRequest {
    fn read(object: &mut ObjectReader<'_>) -> Option<Self> {
        Some(Self {
            url: object.optional("url", text),
            events: object.optional("events", events),
            is_enabled: object.optional("is_enabled", |place, json| place.boolean(&json)),
            description: object.optional("description", text),
        })
    }
}

impl FromJson for ReplayWebhookDeliveriesRequest {
    fn read(object: &mut ObjectReader<'_>) -> Option<Self> {
        object.required("since", time).map(|since| Self { since })
    }
}

fn events(place: Place<'_>, json: Json) -> Option<Vec<String>> {
    place.array(json, 0..=usize::MAX, text)
}

impl From<CreateWebhookEndpointRequest> for NewEndpoint {
    fn from(request: CreateWebhookEndpointRequest) -> Self {
        let CreateWebhookEndpointRequest { url, events, description } = request;
        Self { url, events, description }
    }
}

impl From<UpdateWebhookEndpointRequest> for EndpointChange {
    fn from(request: UpdateWebhookEndpointRequest) -> Self {
        let UpdateWebhookEndpointRequest { url, events, is_enabled, description } = request;
        Self { url, events, is_enabled, description }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::json::{parse_object, read_body};

    fn faults<T: FromJson>(body: &str) -> Vec<String> {
        match read_body::<T>(parse_object(body.as_bytes()).unwrap()) {
            Ok(_) => Vec::new(),
            Err(faults) => faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect(),
        }
    }

    #[test]
    fn an_endpoint_has_an_address_and_events() {
        let create = faults::<CreateWebhookEndpointRequest>;
        assert!(create(r#"{"url":"https://a.example","events":["*","login.claimed"]}"#).is_empty());
        assert_eq!(create("{}"), ["/url missing", "/events missing"]);
        assert_eq!(
            create(r#"{"url":1,"events":["login.*",2],"description":true,"is_enabled":true}"#),
            [
                "/url wrong_type",
                "/events/1 wrong_type",
                "/description wrong_type",
                "/is_enabled unknown_member"
            ]
        );
        assert_eq!(create(r#"{"url":"x","events":"*"}"#), ["/events wrong_type"]);
    }

    #[test]
    fn a_change_names_what_changes() {
        let update = faults::<UpdateWebhookEndpointRequest>;
        for good in ["{}", r#"{"is_enabled":false}"#, r#"{"url":"x","events":["*"],"description":""}"#] {
            assert!(update(good).is_empty(), "{good}");
        }
        assert_eq!(
            update(r#"{"is_enabled":"yes","events":null,"secret":"x"}"#),
            ["/events wrong_type", "/is_enabled wrong_type", "/secret unknown_member"]
        );
        let replay = faults::<ReplayWebhookDeliveriesRequest>;
        assert!(replay(r#"{"since":"2026-01-02T03:04:05Z"}"#).is_empty());
        assert_eq!(replay(r#"{"since":"yesterday"}"#), ["/since not_a_time"]);
    }
}
