//! What Herald sends to webhook endpoints, as the document's `webhooks`: one for each family of events.

use herald_core::event::{EventFilter, EventType};
use serde_json::{Value, json};
use utoipa::{
    ToSchema,
    openapi::{
        ContentBuilder, HttpMethod, KnownFormat, OpenApi, PathItem, Ref, RefOr, Required, ResponseBuilder,
        Schema, SchemaFormat,
        path::{Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathsBuilder},
        request_body::RequestBodyBuilder,
        schema::{ObjectBuilder, SchemaType, Type},
        security::SecurityRequirement,
    },
};

use crate::views::{ConnectionNewsView, EndpointNewsView, LoginNewsView, NotificationView, SessionNewsView};

/// The events that tell of one kind of thing.
struct Family {
    /// What their types begin with, and the member of `data` with the thing.
    name: &'static str,
    /// The schema of such an event, and the name of the operation after `receive`.
    event: &'static str,
    /// The schema of the thing.
    thing: String,
    /// What it is about, in a sentence.
    summary: &'static str,
    /// A type of the family, and the thing as it tells it.
    example: (&'static str, Value),
}

/// Their own tag: openapi-generator takes webhooks for calls and makes a class of them, which would take the place of another one
/// with the same tag.
const TAG: &str = "events";
const TIME: &str = "2026-01-02T03:04:05.678Z";

fn families() -> [Family; 5] {
    [
        Family {
            name: "login",
            event: "LoginEvent",
            thing: LoginNewsView::name().into_owned(),
            summary: "A login reached another status.",
            example: (
                "login.claimed",
                json!({
                    "id": "log_01h455vb4pex5vsknk084sn02q", "status": "claimed", "provider": "antirius", "connection": "main",
                    "reference": "cart-4711", "created_at": "2026-01-02T03:02:41.120Z",
                    "expires_at": "2026-01-02T03:08:58.301Z", "subject": "sub_01h455vb4pex5vsknk084sn02q",
                }),
            ),
        },
        Family {
            name: "notification",
            event: "NotificationEvent",
            thing: NotificationView::name().into_owned(),
            summary: "A notification was accepted, or reached another status.",
            example: (
                "notification.sent",
                json!({
                    "id": "ntf_01h455vb4pex5vsknk084sn02q", "status": "sent",
                    "to": { "type": "subject", "subject": "sub_01h455vb4pex5vsknk084sn02q" }, "reference": "parcel-9",
                    "created_at": "2026-01-02T03:04:05.412Z", "expires_at": "2026-01-02T09:04:05.412Z", "sent_at": TIME,
                    "sent_by": "main",
                    "attempts": [{
                        "number": 1, "connection": "main", "provider": "antirius", "status": "sent",
                        "started_at": "2026-01-02T03:04:05.558Z", "duration_seconds": 0.12,
                        "provider_message_id": "6843f1a2b3c4d5e6f7081a2b",
                    }],
                }),
            ),
        },
        Family {
            name: "session",
            event: "SessionEvent",
            thing: SessionNewsView::name().into_owned(),
            summary: "Somebody ended a session, or used an old refresh token again.",
            example: (
                "session.ended",
                json!({
                    "id": "ses_01h455vb4pex5vsknk084sn02q", "status": "ended", "subject": "sub_01h455vb4pex5vsknk084sn02q",
                    "provider": "antirius", "connection": "main", "created_at": "2026-01-01T19:20:11.004Z",
                    "last_used_at": "2026-01-02T02:50:00.731Z", "expires_at": "2026-02-01T02:50:00.731Z", "ended_at": TIME,
                    "reason": "logged_out",
                }),
            ),
        },
        Family {
            name: "connection",
            event: "ConnectionEvent",
            thing: ConnectionNewsView::name().into_owned(),
            summary: "The way through a connection closed or opened.",
            example: (
                "connection.unavailable",
                json!({ "id": "main", "provider": "antirius", "condition": "unavailable" }),
            ),
        },
        Family {
            name: "webhook_endpoint",
            event: "WebhookEndpointEvent",
            thing: EndpointNewsView::name().into_owned(),
            summary: "A webhook endpoint was disabled because it failed, or is being tried out.",
            example: (
                "webhook_endpoint.disabled",
                json!({
                    "id": "whe_01h455vb4pex5vsknk084sn02q", "origin": "https://shop.acme.example", "disabled_reason": "gone",
                }),
            ),
        },
    ]
}

/// Adds the webhooks, and the schemas of the events.
pub(super) fn add(document: &mut OpenApi) {
    let mut paths = PathsBuilder::new();
    for family in families() {
        let components = document.components.get_or_insert_default();
        components.schemas.extend(family.schemas());
        paths = paths.path(family.name, PathItem::new(HttpMethod::Post, family.operation()));
    }
    document.webhooks = Some(paths.build());
}

impl Family {
    /// The types of its events, as Markdown.
    fn types(&self) -> String {
        let told = EventType::ALL.iter().map(|kind| kind.as_str()).filter(|kind| {
            // A test is told to the endpoint that is tried out, and is not for filters.
            let is_told = EventFilter::parse(kind).is_ok() || *kind == "webhook_endpoint.test";
            is_told && kind.split('.').next() == Some(self.name)
        });
        told.map(|kind| format!("`{kind}`")).collect::<Vec<_>>().join(", ")
    }

    /// The event and its `data`, each with a name.
    fn schemas(&self) -> [(String, RefOr<Schema>); 2] {
        let data = format!("{}Data", self.event);
        let event = object(self.summary)
            .property(
                "type",
                text(&format!("What happened: {}. An open set.", self.types())).examples([self.example.0]),
            )
            .property(
                "timestamp",
                text("When it happened.").format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))),
            )
            .property("data", Ref::from_schema_name(&data))
            .required("type")
            .required("timestamp")
            .required("data");
        let of = object("Whose it is, and the thing as it was then.")
            .property("tenant", text("The tenant.").examples(["acme"]))
            .property(self.name, Ref::from_schema_name(&self.thing))
            .required("tenant")
            .required(self.name);
        [(self.event.to_owned(), event.into()), (data, of.into())]
    }

    fn operation(&self) -> Operation {
        let (kind, thing) = &self.example;
        let mut data = json!({ "tenant": "acme" });
        data[self.name] = thing.clone();
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(self.event)))
            .example(Some(json!({ "type": kind, "timestamp": TIME, "data": data })))
            .build();
        let body = RequestBodyBuilder::new()
            .content("application/json", content)
            .required(Some(Required::True))
            .build();
        let answer = |description: &str| ResponseBuilder::new().description(description).build();
        OperationBuilder::new()
            .tag(TAG)
            .operation_id(Some(format!("receive{}", self.event)))
            .summary(Some(self.summary))
            .description(Some(format!("Told to the webhook endpoints that want it: {}.", self.types())))
            // What it is signed with is the endpoint's secret; no key of Herald's is in it.
            .security(SecurityRequirement::default())
            .parameters(Some(headers()))
            .request_body(Some(body))
            .response("2XX", answer("The event is taken."))
            .response("410", answer("The endpoint is gone: Herald disables it."))
            .response("default", answer("The event is not taken: it is told again later, for three days."))
            .build()
    }
}

/// The headers of Standard Webhooks 1.0.0.
fn headers() -> [Parameter; 3] {
    [
        ("webhook-id", "The event's id: the same at every try and every replay.", "evt_01h455vb4pex5vsknk084sn02q"),
        (
            "webhook-timestamp",
            "When this try was made, in seconds since 1970. Refuse what is more than five minutes off.",
            "1767323045",
        ),
        (
            "webhook-signature",
            "Signatures of id, timestamp and body under the endpoint's secrets, separated by spaces: each `v1,` and an \
             HMAC-SHA256 in base64. One of them has to be right.",
            "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
        ),
    ]
    .map(|(name, description, example)| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Header)
            .required(Required::True)
            .description(Some(description))
            .schema(Some(ObjectBuilder::new().schema_type(SchemaType::Type(Type::String))))
            .example(Some(example.into()))
            .build()
    })
}

fn object(description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::Object)).description(Some(description))
}

fn text(description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)).description(Some(description))
}
