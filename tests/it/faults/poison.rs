//! One message that goes wrong each time, among many that do not.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::{
    bed::Bed,
    peer::{Act, Peer, taken},
};

const OTHERS: usize = 999;

#[tokio::test(flavor = "multi_thread")]
async fn one_message_that_never_gets_through_does_not_slow_the_others() {
    let peer = Peer::start(Act::SilentAbout("poison", taken("m-1"))).await;
    let bed = &Bed::of([("main", &peer)]);
    let again_and_again = json!({ "on_unknown": "at_least_once" });
    let poison = bed.accept("main", "poison", &again_and_again).await;
    peer.has_read(1).await;
    let others = stream::iter(0..OTHERS).map(|number| async move {
        let id = bed.accept("main", &format!("number {number}"), &json!({})).await;
        bed.rest(&id).await
    });
    let others: Vec<Value> = others.buffer_unordered(32).collect().await;
    for other in &others {
        assert_eq!(
            (&other["status"], other["attempts"].as_array().unwrap().len()),
            (&json!("sent"), 1),
            "{other}"
        );
        let took = time(&other["sent_at"]) - time(&other["created_at"]);
        assert!(took < Duration::from_secs(5).as_secs_f64(), "{took} s: {other}");
    }
    let poison = bed.tried(&poison, 2).await;
    assert_ne!(poison["status"], "sent", "{poison}");
    assert!(
        poison["attempts"].as_array().unwrap().iter().all(|attempt| attempt["status"] != "sent"),
        "{poison}"
    );
    bed.is_well();
}

fn time(value: &Value) -> f64 {
    value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_duration().as_secs_f64()
}
