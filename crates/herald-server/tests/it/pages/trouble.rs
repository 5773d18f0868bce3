//! What a browser sees while something is slow, missing or about to end.

use std::{pin::pin, time::Duration};

use futures_util::StreamExt as _;
use herald_app::{Tenant, Tenants};
use herald_core::login::LoginStatus;
use herald_sandbox::{Decision, Fault, FaultEffect, Operation, Provider};

use super::{browser::Page, world::World};

const PATIENCE: Duration = Duration::from_secs(10);

fn reloads_itself(page: &Page) -> bool {
    page.body.contains("<meta http-equiv=\"refresh\" content=\"")
}

#[tokio::test]
async fn a_slow_exchange_shows_a_page_that_waits_and_then_goes_on() {
    let world = World::start().await;
    let (browser, started) = (world.browser(), world.login("antara").await);
    let callback = world.callback_of(&browser, &started, &Decision::default()).await;
    let control = world.sandbox.control();
    control.inject(Fault::new(Provider::Antara, Operation::Token, FaultEffect::Hold));
    // One callback makes the exchange, the other one waits for it; both as long as a browser does, and no longer.
    let exchanging = browser.get(&callback);
    let reloading = async {
        assert!(control.wait_for_requests(Provider::Antara, Operation::Token, 1, PATIENCE).await);
        let mut waiting = pin!(browser.get(&callback));
        let page = loop {
            match tokio::time::timeout(Duration::from_millis(50), &mut waiting).await {
                Ok(page) => break page,
                Err(_) => world.advance(1),
            }
        };
        assert!(page.status == 200 && reloads_itself(&page) && page.body.contains("One moment"), "{page:?}");
        // The person is done: nobody is sent to the provider again.
        for address in [started.address(""), started.address("/start")] {
            let page = browser.get(&address).await;
            assert!(page.status == 200 && reloads_itself(&page), "{address}: {page:?}");
        }
        control.clear_faults();
    };
    let (page, ()) = tokio::join!(exchanging, reloading);
    assert!(page.status == 200 && reloads_itself(&page), "{page:?}");
    // The exchange went on without a browser that waits; the page's reload finds its end, or waits for it.
    let page = browser.get(&callback).await;
    assert!(page.location().is_some_and(|location| location.contains("code=hcc_")), "{page:?}");
    assert_eq!(world.status(&started).await, LoginStatus::Confirmed);
    assert_eq!(world.requests(Provider::Antara, Operation::Token), 1);
}

#[tokio::test]
async fn without_its_provider_account_a_login_waits_and_is_left_alone() {
    let world = World::start().await;
    let (browser, started) = (world.browser(), world.login("antara").await);
    let callback = world.callback_of(&browser, &started, &Decision::default()).await;
    let before = world.herald.tenants();
    world.herald.replace_tenants(Tenants::default());
    for address in [started.address(""), started.address("/start"), callback.clone()] {
        let page = browser.get(&address).await;
        assert_eq!((page.status, page.header("retry-after")), (503, Some("5")), "{address}");
        assert!(reloads_itself(&page) && page.header("set-cookie").is_none());
    }
    assert_eq!(world.status(&started).await, LoginStatus::Opened);

    let tenants = before.iter().map(|tenant| Tenant::clone(tenant)).collect();
    world.herald.replace_tenants(Tenants::new(tenants));
    assert_eq!(browser.get(&callback).await.status, 303);
}

#[tokio::test]
async fn a_stopping_process_lets_go_of_who_listens() {
    let mut world = World::start().await;
    let (browser, started) = (world.browser(), world.login("antirius").await);
    browser.follow(&started.address("")).await;
    let answer = browser.send("GET", &started.address("/events"), &[]).await;
    let mut pieces = pin!(answer.into_stream());
    assert!(pieces.next().await.is_some_and(|piece| piece.is_ok()));
    world.stop();
    let ended = tokio::time::timeout(PATIENCE, pieces.next()).await;
    assert!(matches!(ended, Ok(None)), "{ended:?}");
}

#[tokio::test]
async fn a_quiet_line_is_kept_alive_by_comments() {
    let world = World::start().await;
    let (browser, started) = (world.browser(), world.login("antara").await);
    browser.follow(&started.address("/start")).await;
    let answer = browser.send("GET", &started.address("/events"), &[]).await;
    let mut pieces = pin!(answer.into_stream());
    let first = pieces.next().await.expect("a piece").expect("bytes");
    assert_eq!(&first[..], b"event: status\ndata: {\"status\":\"opened\"}\n\n");
    let comment = async {
        loop {
            // The handler may not have begun to wait yet: the time goes on until it has.
            world.advance(15);
            if let Ok(piece) = tokio::time::timeout(Duration::from_millis(50), pieces.next()).await {
                return piece.expect("a piece").expect("bytes");
            }
        }
    };
    let comment = tokio::time::timeout(PATIENCE, comment).await.expect("a comment in time");
    assert_eq!(&comment[..], b":\n\n");
}
