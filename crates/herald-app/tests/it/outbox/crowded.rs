//! Many deliveries, and receivers that do not keep up.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream};
use herald_app::{StartLogin, Tenant, Tenants, webhook::NewEndpoint};
use herald_core::{
    clock::Clock as _,
    courier::Receipt,
    id::TenantId,
    store::{OutboxFilter, Page},
};
use jiff::SignedDuration;

use crate::world::{RETURN_URL, World};

impl World {
    /// So many logins of this tenant, cancelled.
    async fn many_cancelled(&self, tenant: &Arc<Tenant>, count: usize) {
        let logins = self.herald.logins();
        let cancelled = (0..count).map(async |_| {
            let wish = StartLogin {
                return_url: Some(RETURN_URL.to_owned()),
                connection: Some("main".to_owned()),
                ..StartLogin::default()
            };
            let (login, _) = logins.start(tenant, wish).await.expect("a login starts");
            logins.cancel(tenant, login.terms.id).await.unwrap();
        });
        stream::iter(cancelled).buffer_unordered(32).collect::<()>().await;
    }
}

#[tokio::test]
async fn a_tenant_with_thousands_of_deliveries_that_hang_holds_up_no_other() {
    let world = World::new().await;
    let crowded = Tenant { id: TenantId::parse("crowded").unwrap(), ..world.tenant_value() };
    world.herald.replace_tenants(Tenants::new(vec![world.tenant_value(), crowded.clone()]));
    let crowded = Arc::new(crowded);
    for number in 0..20 {
        let host = format!("slow{number}.example");
        world.courier.gets_stuck_at(&host, 10_000);
        let wish = NewEndpoint {
            url: format!("https://{host}/"),
            events: vec!["login.*".to_owned()],
            description: None,
        };
        world.herald.webhooks().create(&crowded, wish).await.unwrap();
    }
    world.endpoint("quick.example", &["session.*"]).await;
    let mut sessions = vec![];
    for _ in 0..5 {
        sessions.push(world.signed_in().await);
    }
    world.many_cancelled(&crowded, 200).await;
    for (session, count) in sessions.iter().zip(1..) {
        world.end(session).await;
        world.until_sent_to("quick.example", count).await;
        world.until_sent_to("shop.acme.example", count).await;
    }
    let slow = world.courier.so_far().len() - 10;
    assert!(slow <= 20 * 4, "{slow}");
}

#[tokio::test]
async fn a_long_replay_is_told_as_fast_as_a_quick_endpoint_takes_it() {
    const COUNT: usize = 3_000;
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("shop.example", &["login.*"]).await;
    world.enable(endpoint.id, false).await;
    let since = world.clock.now();
    world.many_cancelled(&world.tenant(), COUNT).await;
    world.pass(60);
    world.enable(endpoint.id, true).await;
    world.herald.webhooks().replay(&world.tenant(), endpoint.id, since).await.unwrap();
    world.until_replayed(endpoint.id).await;
    let longest = world.until_all_is_told().await;
    let ids = world.ids_sent_to("shop.example");
    assert_eq!((ids.len(), ids.iter().collect::<BTreeSet<_>>().len()), (COUNT, COUNT));
    assert!(longest < SignedDuration::from_secs(20), "nothing was told for {longest}");
}

#[tokio::test]
async fn what_waits_for_a_removed_endpoint_is_ended_and_hinders_nobody() {
    const COUNT: usize = 2_000;
    let world = World::with_webhooks().await;
    let endpoint = world.endpoint("shop.example", &["login.*"]).await;
    let busy = Receipt { status: 503, retry_after: Some(Duration::from_secs(600)) };
    world.courier.answers_at("shop.example", std::iter::repeat_n(Ok(busy), 100));
    world.many_cancelled(&world.tenant(), COUNT).await;
    world.rests().await;
    assert!(world.sent_to("shop.example").len() <= 64);
    assert!(world.herald.webhooks().delete(&world.tenant(), endpoint.id).await.unwrap());
    world.endpoint("other.example", &["session.*"]).await;
    world.pass(700);
    world.ended().await;
    world.until_sent_to("other.example", 1).await;
    world.until_all_is_told().await;
    let filter = OutboxFilter { endpoint: endpoint.id, created_from: None };
    let page = Page { after: None, limit: 2 * COUNT };
    let rows = world.store.list_deliveries(&world.tenant().id, filter, page).await.unwrap();
    assert_eq!(rows.len(), COUNT);
    assert!(rows.iter().all(|row| row.due_at.is_none()));
    assert!(world.sent_to("shop.example").len() <= 64);
}

#[tokio::test]
async fn an_endpoint_that_never_answers_costs_few_tries() {
    let world = World::with_webhooks().await;
    world.endpoint("silent.example", &["login.*"]).await;
    let silence = herald_core::courier::NoAnswer {
        why: herald_core::courier::NoAnswerKind::Timeout,
        detail: "no whole answer in time".to_owned(),
    };
    world.courier.answers_at("silent.example", std::iter::repeat_n(Err(silence), 100_000));
    world.many_cancelled(&world.tenant(), 500).await;
    let begin = world.clock.now();
    while world.clock.now().duration_since(begin) < SignedDuration::from_hours(1) {
        let due = world.rests().await.expect("all of it is still open");
        world.pass_to(due);
    }
    // About a dozen rests of five minutes, and a few tries between them.
    let tries = world.sent_to("silent.example").len();
    assert!(tries < 100, "{tries}");
}
