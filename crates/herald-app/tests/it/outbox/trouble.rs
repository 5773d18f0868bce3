//! Receivers that are in trouble, busy, or do not want to know.

use std::time::Duration;

use herald_core::{
    clock::Clock as _,
    courier::{NoAnswer, NoAnswerKind, Receipt},
};
use jiff::SignedDuration;

use super::jtis;
use crate::world::World;

pub(super) fn status(status: u16) -> Receipt {
    Receipt { status, retry_after: None }
}

fn busy(seconds: u64) -> Receipt {
    Receipt { status: 503, retry_after: Some(Duration::from_secs(seconds)) }
}

fn silence() -> NoAnswer {
    NoAnswer { why: NoAnswerKind::Unreachable, detail: "no connection, nothing was sent".to_owned() }
}

#[tokio::test]
async fn trouble_is_repeated_under_the_same_id_with_a_fresh_token() {
    let world = World::new().await;
    world.courier.answers([Err(silence()), Ok(status(500))]);
    world.ended().await;
    for bound in [5, 10] {
        let due = world.rests().await.expect("it is tried again");
        let wait = due.duration_since(world.clock.now());
        assert!(wait >= SignedDuration::from_secs(1) && wait <= SignedDuration::from_secs(bound), "{wait}");
        world.pass_to(due);
    }
    let told = world.told(3).await;
    assert_eq!(jtis(&told).len(), 1);
    assert!(told.windows(2).all(|pair| pair[0]["iat"].as_i64() < pair[1]["iat"].as_i64()), "{told:?}");
    assert_eq!(world.rests().await, None);
}

#[tokio::test]
async fn a_busy_receiver_is_left_alone_for_as_long_as_it_asks() {
    let world = World::new().await;
    let begin = world.clock.now();
    let at = |seconds| begin + SignedDuration::from_secs(seconds);
    let (first, second) = (world.signed_in().await, world.signed_in().await);
    world.courier.answers([Ok(busy(100))]);
    world.end(&first).await;
    assert_eq!(world.rests().await, Some(at(100)));
    world.pass(20);
    // The second event comes while the receiver rests.
    world.end(&second).await;
    assert_eq!(world.rests().await, Some(at(100)));
    world.pass(79);
    assert_eq!(world.rests().await, Some(at(100)));
    assert_eq!(world.courier.so_far().len(), 1);
    world.pass(1);
    let told = world.told(3).await;
    let times: Vec<_> = told.iter().map(|claims| claims["iat"].as_i64().unwrap()).collect();
    assert_eq!(times, [begin.as_second(), at(100).as_second(), at(100).as_second()]);
    assert_eq!((jtis(&told).len(), world.rests().await), (2, None));
}

#[tokio::test]
async fn a_receiver_that_is_never_there_is_given_up_after_a_day() {
    let world = World::new().await;
    let begin = world.clock.now();
    world.courier.answers(std::iter::repeat_n(Err(silence()), 1000));
    world.ended().await;
    while let Some(due) = world.rests().await {
        world.pass_to(due);
    }
    let lasted = world.clock.now().duration_since(begin);
    assert!(lasted > SignedDuration::from_hours(22) && lasted <= SignedDuration::from_hours(24), "{lasted}");
    let tries = world.courier.so_far().len();
    assert!((20..200).contains(&tries), "{tries}");
    world.pass(30 * 3600);
    assert_eq!((world.rests().await, world.courier.so_far().len()), (None, tries));
}

#[tokio::test]
async fn a_refusal_is_repeated_a_few_times_and_then_believed() {
    let world = World::new().await;
    world.courier.answers(std::iter::repeat_n(Ok(status(400)), 1000));
    world.ended().await;
    while let Some(due) = world.rests().await {
        world.pass_to(due);
    }
    assert_eq!(world.courier.so_far().len(), 8);
    assert_eq!(jtis(&world.told(8).await).len(), 1);
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_not_told_again() {
    let world = World::new().await;
    world.courier.answers([Ok(status(410))]);
    world.ended().await;
    world.told(1).await;
    assert_eq!(world.rests().await, None);
    world.pass(30 * 3600);
    assert_eq!((world.rests().await, world.courier.so_far().len()), (None, 1));
}
