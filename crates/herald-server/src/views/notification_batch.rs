//! Many notifications in one call: what callers send, and what became of each.

use herald_core::{notification::Notification, text::IdempotencyKey};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::SchemaType, schema::Type},
};

use super::{NotificationView, SendNotificationRequest};
use crate::{
    extract::json::{FromJson, ObjectReader},
    problem::{Fault, ProblemView},
};

/// The most notifications of a batch.
const LARGEST_BATCH: usize = 1_000;

/// Sends many notifications.
#[derive(Debug, ToSchema)]
pub struct SendNotificationBatchRequest {
    /// The notifications. Each is read, accepted or refused on its own.
    #[schema(value_type = Vec<BatchNotificationRequest>, min_items = 1, max_items = 1000)]
    pub notifications: Vec<Result<BatchNotificationRequest, Vec<Fault>>>,
}

/// One notification of a batch.
#[derive(Debug)]
pub struct BatchNotificationRequest {
    /// The name of the request.
    pub idempotency_key: IdempotencyKey,
    /// The request.
    pub notification: SendNotificationRequest,
}

impl FromJson for SendNotificationBatchRequest {
    const LARGEST_BODY: usize = 4 * 1024 * 1024;

    fn read(object: &mut ObjectReader<'_>) -> Option<Self> {
        let notifications = object.required("notifications", |place, json| {
            place.array(json, 1..=LARGEST_BATCH, |place, json| {
                Some(place.apart(json, BatchNotificationRequest::read))
            })
        });
        Some(Self { notifications: notifications? })
    }
}

impl FromJson for BatchNotificationRequest {
    fn read(object: &mut ObjectReader<'_>) -> Option<Self> {
        let key = object.required("idempotency_key", |place, json| {
            place.parsed(json, "not_an_idempotency_key", IdempotencyKey::parse)
        });
        let notification = SendNotificationRequest::read(object);
        Some(Self { idempotency_key: key?, notification: notification? })
    }
}

/// The members of a single notification and `idempotency_key` in one flat object; a deliberate copy, as for `StartedLogin`.
impl PartialSchema for BatchNotificationRequest {
    fn schema() -> RefOr<Schema> {
        let key = ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .description(Some(
                "Your name for this request: 1 to 255 visible ASCII characters. Keys are one space for single calls and batches.",
            ))
            .min_length(Some(1))
            .max_length(Some(255))
            .examples(["parcel-9-shipped"])
            .build();
        match SendNotificationRequest::schema() {
            RefOr::T(Schema::Object(mut object)) => {
                object.description = Some("One notification of a batch.".to_owned());
                object.properties.insert("idempotency_key".to_owned(), key.into());
                object.required.push("idempotency_key".to_owned());
                RefOr::T(Schema::Object(object))
            }
            other => other,
        }
    }
}

impl ToSchema for BatchNotificationRequest {
    fn name() -> std::borrow::Cow<'static, str> {
        "BatchNotificationRequest".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        SendNotificationRequest::schemas(schemas);
    }
}

/// What became of the notifications of a batch.
#[derive(Debug, Serialize, ToSchema)]
pub struct NotificationBatch {
    /// One for each notification, in the order of the request.
    pub items: Vec<BatchItem>,
}

/// What became of one notification of a batch: it has a `notification` or a `problem`.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchItem {
    /// Its place in the request; 0 for the first.
    #[schema(example = 0)]
    pub index: usize,
    /// The status that a call of its own would have had: 202 or 200 with a notification, else that of the problem.
    #[schema(example = 202)]
    pub status: u16,
    /// The notification, if it was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notification: Option<NotificationView>,
    /// Why it was not. Pointers are from the root of the whole body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<ProblemView>,
}

impl BatchItem {
    /// An accepted notification.
    pub fn accepted(index: usize, notification: &Notification) -> Self {
        Self {
            index,
            status: accepted_status(notification),
            notification: Some(NotificationView::of(notification)),
            problem: None,
        }
    }

    /// A notification that was not accepted.
    pub fn refused(index: usize, problem: ProblemView) -> Self {
        Self { index, status: problem.status(), notification: None, problem: Some(problem) }
    }
}

/// The HTTP status of an accepted notification: 202 while its outcome is open, else 200.
pub fn accepted_status(notification: &Notification) -> u16 {
    if notification.status.is_open() { 202 } else { 200 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::json::{parse_object, read_body};

    fn read(body: &str) -> Result<SendNotificationBatchRequest, Vec<Fault>> {
        read_body(parse_object(body.as_bytes()).unwrap())
    }

    fn words(faults: &[Fault]) -> Vec<String> {
        faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect()
    }

    const GOOD: &str =
        r#"{"idempotency_key":"k","to":{"type":"slug","slug":"x"},"message":{"type":"text","text":"hi"}}"#;

    #[test]
    fn an_item_that_is_wrong_says_where_and_leaves_the_others_alone() {
        let body = format!(
            r#"{{"notifications":[{GOOD},7,{{"idempotency_key":"a b","to":{{"type":"phone","phone_number":"8"}},"more":1}}]}}"#
        );
        let batch = read(&body).unwrap().notifications;
        assert_eq!(batch[0].as_ref().unwrap().idempotency_key.as_str(), "k");
        assert_eq!(words(batch[1].as_ref().unwrap_err()), ["/notifications/1 wrong_type"]);
        assert_eq!(
            words(batch[2].as_ref().unwrap_err()),
            [
                "/notifications/2/idempotency_key not_an_idempotency_key",
                "/notifications/2/to/phone_number not_e164",
                "/notifications/2/message missing",
                "/notifications/2/more unknown_member",
            ]
        );
    }

    #[test]
    fn the_faults_of_one_item_do_not_hide_those_of_the_next() {
        let many: Vec<_> = (0..100).map(|i| format!("\"x{i}\":1")).collect();
        let body = format!(r#"{{"notifications":[{{{}}},{{}}]}}"#, many.join(","));
        let batch = read(&body).unwrap().notifications;
        assert_eq!(batch[0].as_ref().unwrap_err().len(), 32);
        assert_eq!(batch[1].as_ref().unwrap_err().len(), 3);
    }

    #[test]
    fn a_batch_has_1_to_1000_items() {
        let of = |count: usize| format!(r#"{{"notifications":[{}]}}"#, vec![GOOD; count].join(","));
        assert_eq!(read(&of(1_000)).unwrap().notifications.len(), 1_000);
        for bad in [of(0), of(1_001)] {
            assert_eq!(words(&read(&bad).unwrap_err()), ["/notifications out_of_range"]);
        }
        assert_eq!(words(&read("{}").unwrap_err()), ["/notifications missing"]);
        assert_eq!(words(&read(r#"{"notifications":{}}"#).unwrap_err()), ["/notifications wrong_type"]);
    }
}
