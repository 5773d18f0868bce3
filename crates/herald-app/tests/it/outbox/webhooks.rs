//! Events told to webhook endpoints: to whom, what, and when it is repeated.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use herald_app::webhook::{Delivery, DeliveryStatus, EndpointChange, NewEndpoint};
use herald_core::{
    clock::Clock as _,
    courier::Parcel,
    id::{EndpointId, TenantId},
    login::LoginStatus,
    webhook::Endpoint,
};
use jiff::SignedDuration;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::trouble::status;
use crate::world::World;

impl World {
    /// A world whose tenant has nobody to take logout tokens, so that only webhooks are sent.
    pub(super) async fn with_webhooks() -> Self {
        let world = Self::new().await;
        world.is_configured(|tenant| tenant.sessions.backchannel_logout = None);
        world
    }

    /// A new endpoint at this host.
    pub(super) async fn endpoint(&self, host: &str, events: &[&str]) -> Arc<Endpoint> {
        let wish = NewEndpoint {
            url: format!("https://{host}/hooks"),
            events: events.iter().map(|&text| text.to_owned()).collect(),
            description: None,
        };
        self.herald.webhooks().create(&self.tenant(), wish).await.expect("an endpoint is made")
    }

    pub(super) async fn endpoint_now(&self, id: EndpointId) -> Arc<Endpoint> {
        self.herald.webhooks().get(&self.tenant(), id).await.unwrap().expect("the endpoint is there")
    }

    /// The endpoint once it is so: how it fares is noted after the try is.
    pub(super) async fn endpoint_when(
        &self,
        id: EndpointId,
        is_so: impl Fn(&Endpoint) -> bool,
    ) -> Arc<Endpoint> {
        let wait = async {
            loop {
                let now = self.endpoint_now(id).await;
                if is_so(&now) {
                    return now;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), wait).await.expect("the endpoint becomes so")
    }

    pub(super) async fn enable(&self, id: EndpointId, is_enabled: bool) -> Arc<Endpoint> {
        let change = EndpointChange { is_enabled: Some(is_enabled), ..EndpointChange::default() };
        self.herald.webhooks().update(&self.tenant(), id, change).await.unwrap()
    }

    /// All deliveries to the endpoint, newest first.
    pub(super) async fn deliveries(&self, id: EndpointId) -> Vec<Delivery> {
        let (tenant, mut all, mut after) = (self.tenant(), vec![], None);
        loop {
            let (page, next) = self.herald.webhooks().deliveries(&tenant, id, after, 100).await.unwrap();
            all.extend(page);
            after = next;
            if after.is_none() {
                return all;
            }
        }
    }

    /// What was sent to this host so far.
    pub(super) fn sent_to(&self, host: &str) -> Vec<Parcel> {
        let mut parcels = self.courier.so_far();
        parcels.retain(|parcel| parcel.url.host_str() == Some(host));
        parcels
    }

    /// Waits until so many messages were sent to this host, and gives what there are.
    pub(super) async fn until_sent_to(&self, host: &str, count: usize) -> Vec<Parcel> {
        let wait = async {
            loop {
                let in_all = self.courier.so_far().len();
                let parcels = self.sent_to(host);
                if parcels.len() >= count {
                    return parcels;
                }
                self.courier.parcels(in_all + 1).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), wait).await.expect("the messages are sent")
    }
}

pub(super) fn header<'a>(parcel: &'a Parcel, name: &str) -> &'a str {
    &parcel.headers.iter().find(|header| header.0 == name).expect("the header is there").1
}

pub(super) fn id(parcel: &Parcel) -> &str {
    header(parcel, "webhook-id")
}

pub(super) fn body(parcel: &Parcel) -> Value {
    serde_json::from_str(parcel.body.expose_secret()).unwrap()
}

fn kinds(parcels: &[Parcel]) -> BTreeSet<String> {
    parcels.iter().map(|parcel| body(parcel)["type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_endpoint_is_told_once_of_what_it_wants() {
    let world = World::with_webhooks().await;
    world.endpoint("ends.example", &["session.ended"]).await;
    world.endpoint("more.example", &["login.claimed", "session.*"]).await;
    world.endpoint("other.example", &["notification.*"]).await;
    let session = world.ended().await;
    assert_eq!(world.rests().await, None);
    let (ends, more) = (world.sent_to("ends.example"), world.sent_to("more.example"));
    assert_eq!((ends.len(), more.len(), world.sent_to("other.example").len()), (1, 2, 0));
    assert_eq!(kinds(&more), BTreeSet::from(["login.claimed".to_owned(), "session.ended".to_owned()]));
    let same = more.iter().find(|parcel| body(parcel)["type"] == "session.ended").unwrap();
    assert_eq!(id(&ends[0]), id(same), "one event is one event to everybody");

    let now = world.clock.now();
    assert_eq!(ends[0].url.as_str(), "https://ends.example/hooks");
    assert_eq!((ends[0].content_type, ends[0].may_be_private), ("application/json", false));
    assert!(id(&ends[0]).starts_with("evt_"), "{}", id(&ends[0]));
    assert!(header(&ends[0], "user-agent").starts_with("herald/"));
    assert_eq!(header(&ends[0], "webhook-timestamp"), now.as_second().to_string());
    let body = body(&ends[0]);
    assert_eq!((&body["type"], &body["timestamp"]), (&json!("session.ended"), &json!(format!("{now:.3}"))));
    let data = body["data"].as_object().unwrap();
    assert_eq!((&data["tenant"], &data["session"]["id"]), (&json!("acme"), &json!(session.id)));
    assert_eq!(data.len(), 2);
}

#[tokio::test]
async fn every_status_of_a_login_is_told_but_the_first() {
    let world = World::with_webhooks().await;
    world.endpoint("shop.example", &["login.*"]).await;
    world.signed_in().await;
    world.until_sent_to("shop.example", 2).await;
    assert_eq!(world.rests().await, None);
    let (cancelled, _) = world.start("main").await;
    assert_eq!(world.rests().await, None);
    assert_eq!(world.courier.so_far().len(), 2, "that it began is known to who began it");
    world.herald.logins().cancel(&world.tenant(), cancelled).await.unwrap();
    world.until_sent_to("shop.example", 3).await;
    world.polled.next_login();
    let (expired, _) = world.start("main").await;
    world.pass(301);
    world.until_status(expired, LoginStatus::Expired).await;
    let parcels = world.until_sent_to("shop.example", 4).await;
    assert_eq!(world.rests().await, None);
    let told: Vec<_> = parcels
        .iter()
        .map(|parcel| {
            (body(parcel)["type"].as_str().unwrap().to_owned(), body(parcel)["data"]["login"].clone())
        })
        .collect();
    let of = |kind: &str| &told.iter().find(|told| told.0 == kind).expect("it is told").1;
    assert_eq!(of("login.cancelled")["id"], json!(cancelled));
    assert_eq!(of("login.expired")["id"], json!(expired));
    assert_eq!(of("login.confirmed")["id"], of("login.claimed")["id"]);
    assert_eq!(told.len(), 4);
}

#[tokio::test]
async fn nothing_is_stored_that_nobody_wants() {
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("shop.example", &["connection.*"]).await;
    world.ended().await;
    assert_eq!(world.store.outbox_backlog().await.unwrap(), []);
    assert_eq!(world.deliveries(endpoint.id).await, []);
    assert_eq!(world.courier.so_far().len(), 0);
}

#[tokio::test]
async fn an_endpoint_that_hangs_holds_up_nobody_else() {
    let world = World::with_webhooks().await;
    world.courier.gets_stuck_at("slow.example", 100);
    world.endpoint("slow.example", &["session.*"]).await;
    world.endpoint("quick.example", &["session.*"]).await;
    for _ in 0..20 {
        world.ended().await;
    }
    let quick = world.until_sent_to("quick.example", 20).await;
    assert_eq!(quick.iter().map(id).collect::<BTreeSet<_>>().len(), 20);
    assert_eq!(world.sent_to("slow.example").len(), 4);
}

#[tokio::test]
async fn trouble_is_sat_out_by_the_schedule_with_the_same_id_and_bytes() {
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("shop.example", &["session.*"]).await;
    world.courier.answers_at("shop.example", std::iter::repeat_n(Ok(status(500)), 100));
    world.ended().await;
    let mut waits = vec![];
    while let Some(due) = world.rests().await {
        let pending = &world.deliveries(endpoint.id).await[0];
        assert_eq!((pending.status, pending.next_attempt_at), (DeliveryStatus::Pending, Some(due)));
        waits.push(due.duration_since(world.clock.now()));
        world.pass_to(due);
    }
    let schedule = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
    assert_eq!(waits.len(), schedule.len());
    for (wait, planned) in waits.iter().zip(schedule) {
        let part = wait.as_secs_f64() / f64::from(planned);
        assert!((0.8..=1.2).contains(&part), "{wait} of {planned}");
    }
    let tries = world.sent_to("shop.example");
    assert_eq!(tries.len(), 10);
    for pair in tries.windows(2) {
        assert_eq!(id(&pair[0]), id(&pair[1]));
        assert_eq!(pair[0].body.expose_secret(), pair[1].body.expose_secret());
        assert_ne!(header(&pair[0], "webhook-signature"), header(&pair[1], "webhook-signature"));
    }
    let failed = &world.deliveries(endpoint.id).await[0];
    assert_eq!((failed.status, failed.next_attempt_at), (DeliveryStatus::Failed, None));
    assert_eq!(failed.event.to_string(), id(&tries[0]));
    assert_eq!(failed.attempts.len(), 10);
    let last = failed.attempts[9];
    assert_eq!((last.number, last.response_status, last.failure), (10, Some(500), Some("refused")));
    assert_eq!(last.started_at, world.clock.now());
    // It is in the log for three days.
    world.pass(3 * 24 * 3600 - 1);
    assert_eq!(world.deliveries(endpoint.id).await.len(), 1);
    world.pass(1);
    assert_eq!(world.deliveries(endpoint.id).await.len(), 0);
}

#[tokio::test]
async fn an_endpoint_that_moved_is_told_where_it_is_now() {
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("old.example", &["session.*"]).await;
    world.courier.answers_at("old.example", [Ok(status(500))]);
    world.ended().await;
    let due = world.rests().await.expect("it is tried again");
    let url = Some("https://new.example/in".to_owned());
    let change = EndpointChange { url, ..EndpointChange::default() };
    world.herald.webhooks().update(&world.tenant(), endpoint.id, change).await.unwrap();
    world.pass_to(due);
    assert_eq!(world.rests().await, None);
    let (old, new) = (world.sent_to("old.example"), world.sent_to("new.example"));
    assert_eq!((old.len(), new.len(), id(&old[0])), (1, 1, id(&new[0])));
}

#[tokio::test]
async fn an_endpoint_that_was_removed_is_not_told_any_more() {
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("shop.example", &["session.*"]).await;
    world.courier.answers_at("shop.example", [Ok(status(500))]);
    world.ended().await;
    let due = world.rests().await.expect("it is tried again");
    assert!(world.herald.webhooks().delete(&world.tenant(), endpoint.id).await.unwrap());
    assert!(!world.herald.webhooks().delete(&world.tenant(), endpoint.id).await.unwrap());
    world.pass_to(due);
    assert_eq!(world.rests().await, None);
    world.ended().await;
    assert_eq!((world.rests().await, world.sent_to("shop.example").len()), (None, 1));
}

#[tokio::test]
async fn an_endpoint_of_another_replica_is_known_after_five_seconds() {
    let world = World::with_webhooks().await;
    world.ended().await;
    let other = world.replica("replica-2").await;
    other.endpoint("shop.example", &["session.ended"]).await;
    world.pass(5);
    let session = world.ended().await;
    let told = world.until_sent_to("shop.example", 1).await;
    assert_eq!(body(&told[0])["data"]["session"]["id"], json!(session.id));
}

#[tokio::test]
async fn a_busy_endpoint_is_left_alone_with_everything() {
    let world = World::with_webhooks().await;
    world.endpoint("shop.example", &["session.*"]).await;
    let begin = world.clock.now();
    let busy = herald_core::courier::Receipt { status: 503, retry_after: Some(Duration::from_secs(100)) };
    world.courier.answers_at("shop.example", [Ok(busy)]);
    world.ended().await;
    assert_eq!(world.rests().await, Some(begin + SignedDuration::from_secs(100)));
    world.pass(20);
    world.ended().await;
    assert_eq!(world.rests().await, Some(begin + SignedDuration::from_secs(100)));
    assert_eq!(world.sent_to("shop.example").len(), 1);
    world.pass(80);
    assert_eq!(world.until_sent_to("shop.example", 3).await.len(), 3);
    assert_eq!(world.rests().await, None);
}

#[tokio::test]
async fn tenants_do_not_see_each_others_endpoints() {
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("shop.example", &["*"]).await;
    let other = herald_app::Tenant { id: TenantId::parse("other").unwrap(), ..world.tenant_value() };
    let webhooks = world.herald.webhooks();
    assert!(webhooks.get(&other, endpoint.id).await.unwrap().is_none());
    assert!(webhooks.list(&other).await.unwrap().is_empty());
    assert!(!webhooks.delete(&other, endpoint.id).await.unwrap());
    assert!(webhooks.deliveries(&other, endpoint.id, None, 10).await.is_err());
    assert!(webhooks.test(&other, endpoint.id).await.is_err());
    assert!(webhooks.rotate_secret(&other, endpoint.id).await.is_err());
    let change = EndpointChange { is_enabled: Some(false), ..EndpointChange::default() };
    assert!(webhooks.update(&other, endpoint.id, change).await.is_err());
    assert!(webhooks.replay(&other, endpoint.id, world.now()).await.is_err());
    assert_eq!(world.endpoint_now(endpoint.id).await, endpoint);
}
