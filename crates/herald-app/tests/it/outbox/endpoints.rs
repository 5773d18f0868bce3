//! Making and changing webhook endpoints.

use std::sync::Arc;

use herald_app::webhook::{EndpointChange, MOST_ENDPOINTS, NewEndpoint, WebhookError};
use herald_core::{clock::Clock as _, event::EventFilter, webhook::Endpoint};

use crate::world::World;

fn wish(url: &str, events: &[&str]) -> NewEndpoint {
    let events = events.iter().map(|&text| text.to_owned()).collect();
    NewEndpoint { url: url.to_owned(), events, description: None }
}

async fn made(world: &World, wish: NewEndpoint) -> Result<Arc<Endpoint>, String> {
    world.herald.webhooks().create(&world.tenant(), wish).await.map_err(|error| match error {
        WebhookError::Invalid { pointer, code, .. } => format!("{pointer} {code}"),
        other => panic!("{other}"),
    })
}

#[tokio::test]
async fn an_endpoint_is_as_it_was_wished_and_enabled() {
    let world = World::new().await;
    let description = Some("Tells the warehouse".to_owned());
    let wish = NewEndpoint {
        description,
        ..wish("https://shop.example:443/in?key=1", &["login.*", "login.*", "*"])
    };
    let endpoint = made(&world, wish).await.unwrap();
    assert_eq!(endpoint.url.as_str(), "https://shop.example/in?key=1");
    assert_eq!(endpoint.events.iter().map(EventFilter::as_str).collect::<Vec<_>>(), ["login.*", "*"]);
    assert_eq!(endpoint.description.as_deref(), Some("Tells the warehouse"));
    assert!(endpoint.is_enabled && endpoint.disabled_reason.is_none());
    assert_eq!(endpoint.created_at, world.clock.now());
    assert_eq!(world.endpoint_now(endpoint.id).await, endpoint);
    world.pass(1);
    let second = world.endpoint("second.example", &["*"]).await;
    assert_eq!(world.herald.webhooks().list(&world.tenant()).await.unwrap(), [second, endpoint]);
}

#[tokio::test]
async fn an_address_that_nothing_may_be_sent_to_is_refused() {
    let world = World::new().await;
    let long = format!("https://shop.example/{}", "x".repeat(2_000));
    for bad in [
        "",
        "shop.example",
        "/hooks",
        "http://shop.example/",
        "ftp://shop.example/",
        "https://user@shop.example/",
        "https://user:word@shop.example/",
        "https://shop.example/#part",
        "https://shop.example:8443/",
        "https://shop.example:22/",
        "https://shop .example/",
        "https://shop.example/\n",
        "https:///",
        &long,
    ] {
        let refused = made(&world, wish(bad, &["*"])).await;
        assert_eq!(refused.unwrap_err(), "/url invalid_url", "{bad:?}");
    }
    for bad in ["https://127.0.0.1/", "https://[::1]/", "https://0x7f.1/", "https://2130706433/"] {
        let refused = made(&world, wish(bad, &["*"])).await;
        assert_eq!(refused.unwrap_err(), "/url blocked_address", "{bad:?}");
    }
    assert!(world.herald.webhooks().list(&world.tenant()).await.unwrap().is_empty());
}

#[tokio::test]
async fn events_that_are_never_told_are_refused() {
    let world = World::new().await;
    let good = "https://shop.example/";
    for (events, fault) in [
        (&[][..], "/events too_few_items"),
        (&["*"; 51][..], "/events too_many_items"),
        (&["login.*", "login.started"][..], "/events/1 unknown_event"),
        (&["login.pending"][..], "/events/0 unknown_event"),
        (&["webhook_endpoint.test"][..], "/events/0 unknown_event"),
    ] {
        assert_eq!(made(&world, wish(good, events)).await.unwrap_err(), fault);
    }
    for description in ["x".repeat(501), "two\nlines".to_owned()] {
        let wish = NewEndpoint { description: Some(description), ..wish(good, &["*"]) };
        assert_eq!(made(&world, wish).await.unwrap_err(), "/description invalid_description");
    }
}

#[tokio::test]
async fn a_tenant_has_twenty_endpoints_at_most_however_fast_it_asks() {
    let world = World::new().await;
    let asked = (0..MOST_ENDPOINTS + 5).map(|n| {
        let world = world.clone();
        tokio::spawn(async move {
            let wish = wish(&format!("https://shop{n}.example/"), &["*"]);
            world.herald.webhooks().create(&world.tenant(), wish).await
        })
    });
    let mut made = 0;
    for asked in asked.collect::<Vec<_>>() {
        match asked.await.unwrap() {
            Ok(_) => made += 1,
            Err(error) => assert!(matches!(error, WebhookError::TooMany), "{error}"),
        }
    }
    assert_eq!(made, MOST_ENDPOINTS);
    let all = world.herald.webhooks().list(&world.tenant()).await.unwrap();
    assert_eq!(all.len(), MOST_ENDPOINTS);
    world.herald.webhooks().delete(&world.tenant(), all[0].id).await.unwrap();
    world.endpoint("again.example", &["*"]).await;
}

#[tokio::test]
async fn a_change_changes_what_it_names_or_nothing() {
    let world = World::new().await;
    let webhooks = world.herald.webhooks();
    let endpoint = world.endpoint("shop.example", &["login.*"]).await;
    let bad = EndpointChange {
        url: Some("https://new.example/".to_owned()),
        events: Some(vec![]),
        ..EndpointChange::default()
    };
    assert!(matches!(
        webhooks.update(&world.tenant(), endpoint.id, bad).await,
        Err(WebhookError::Invalid { .. })
    ));
    assert_eq!(world.endpoint_now(endpoint.id).await, endpoint);
    let described = EndpointChange { description: Some("mine".to_owned()), ..EndpointChange::default() };
    let changed = webhooks.update(&world.tenant(), endpoint.id, described).await.unwrap();
    assert_eq!(*changed, Endpoint { description: Some("mine".to_owned()), ..Endpoint::clone(&endpoint) });
    let plain = EndpointChange { description: Some(String::new()), ..EndpointChange::default() };
    assert_eq!(webhooks.update(&world.tenant(), endpoint.id, plain).await.unwrap(), endpoint);
}
