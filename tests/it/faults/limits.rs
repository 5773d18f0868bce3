//! 429: nothing was sent, and the provider says when to come again.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;

use super::{
    bed::Bed,
    peer::{Act, Peer, answer, taken},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_waited_for_as_long_as_it_says_and_nonsense_is_not() {
    let date = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\nretry-after: Sun, 06 Nov 1994 08:49:40 GMT\r\n";
    let rows = [
        ("seconds", "retry-after: 2\r\n", 2),
        ("a-date", date, 3),
        ("nothing", "", 1),
        ("negative", "retry-after: -1\r\n", 1),
        ("a-word", "retry-after: soon\r\n", 1),
    ];
    let limited = |headers: &str| Act::SayAndGoOn(answer("429 Too Many Requests", headers, "{}"));
    let peers =
        join_all(rows.map(|(name, headers, _)| async move { (name, Peer::start(limited(headers)).await) }));
    let peers = peers.await;
    let far = Peer::start(limited("retry-after: 1000000000\r\n")).await;
    let bed = Bed::of(peers.iter().map(|(name, peer)| (*name, peer)).chain([("far", &far)]));

    let late = bed.accept("far", "far", &json!({})).await;
    far.has_read(1).await;
    far.now_does(Act::SayAndGoOn(taken("m-1")));
    // A second message waits with the first one.
    let behind = bed.accept("far", "behind", &json!({})).await;
    join_all(peers.iter().zip(rows).map(|((name, peer), (_, _, seconds))| {
        let bed = &bed;
        async move {
            let id = bed.accept(name, name, &json!({})).await;
            peer.has_read(1).await;
            peer.now_does(Act::SayAndGoOn(taken("m-1")));
            let now = bed.rest(&id).await;
            assert_eq!(now["status"], "sent", "{name}: {now}");
            let statuses: Vec<&str> = now["attempts"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|attempt| attempt["status"].as_str())
                .collect();
            assert_eq!(statuses, ["failed", "sent"], "{name}: {now}");
            let asked = peer.arrivals();
            let pause = asked[1] - asked[0];
            assert!(
                pause + Duration::from_millis(50) >= Duration::from_secs(seconds),
                "{name} after {pause:?}"
            );
        }
    }))
    .await;
    for id in [late, behind] {
        let now = bed.look(&id).await;
        assert_eq!(now["status"], "queued", "{now}");
    }
    assert_eq!(far.requests().len(), 1, "nothing is sent before the limit is over");
    bed.is_well();
}
