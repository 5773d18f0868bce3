//! Answers that come, and are wrong.

use serde_json::json;

use super::{
    bed::{Bed, Class, TOKEN},
    peer::{Act, Peer, answer, success, taken},
    transport::all_end,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_fails_leaves_an_unknown_end() {
    let of = |status: &str| Act::Say(answer(status, "", "{}"));
    let rows = [
        ("s500", of("500 Internal Server Error")),
        ("s502", of("502 Bad Gateway")),
        ("s503", Act::Say(answer("503 Service Unavailable", "retry-after: 1\r\n", "{}"))),
        ("s504", of("504 Gateway Timeout")),
        ("s408", of("408 Request Timeout")),
        ("s409", of("409 Conflict")),
    ];
    all_end(rows, Class::Ambiguous).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_final_and_is_asked_for_once() {
    let of = |status: &str| Act::Say(answer(status, "", r#"{"code":"invalid_request"}"#));
    let rows = [
        ("s400", of("400 Bad Request")),
        ("s404", of("404 Not Found")),
        ("s410", of("410 Gone")),
        ("s413", of("413 Payload Too Large")),
        ("s422", of("422 Unprocessable Content")),
        ("not-successful", Act::Say(answer("200 OK", "", r#"{"success":false,"code":"send_failed"}"#))),
        ("nobody-there", Act::Say(answer("200 OK", "", r#"{"success":false,"code":"user_not_found"}"#))),
    ];
    all_end(rows, Class::Refused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_that_makes_no_sense_is_not_believed() {
    let of = |body: &str| Act::Say(answer("200 OK", "content-type: application/json\r\n", body));
    let bytes = |body: &[u8]| {
        let mut whole = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
        whole.extend_from_slice(body);
        Act::Say(whole)
    };
    let gzip = [b"\x1f\x8b\x08\x00".to_vec(), vec![0; 60 * 1024]].concat();
    let gzip = [
        format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", gzip.len())
            .into_bytes(),
        gzip,
    ]
    .concat();
    let rows = [
        ("empty", of("")),
        ("html", of("<html><body>Login</body></html>")),
        ("truncated", of(r#"{"success":true,"message_id":"m"#)),
        ("array", of("[]")),
        ("null", of("null")),
        ("nothing-said", of("{}")),
        ("wrong-types", of(r#"{"success":"yes","message_id":[]}"#)),
        ("said-twice", of(r#"{"success":true,"success":false}"#)),
        ("more-behind", of(r#"{"success":true} {"success":true}"#)),
        ("no-utf8", bytes(b"{\"success\":true,\"message_id\":\"\xff\xfe\"}")),
        ("gzip", Act::Say(gzip)),
        ("no-http", Act::Say(b"hello\r\n\r\n".to_vec())),
    ];
    all_end(rows, Class::Ambiguous).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_end_takes_no_memory() {
    let head = |lines: &str| format!("HTTP/1.1 200 OK\r\n{lines}\r\n").into_bytes();
    let chunk = [b"4000\r\n".as_slice(), &[b' '; 0x4000], b"\r\n"].concat();
    let many = "x-again: a\r\n".repeat(10_000);
    let acts = [
        ("long", Act::Flood(head("content-length: 1073741824\r\n"), vec![b' '; 0x4000])),
        ("endless", Act::Flood(head("transfer-encoding: chunked\r\n"), chunk)),
        ("until-closed", Act::Flood(head("connection: close\r\n"), vec![b' '; 0x4000])),
        ("headers", Act::Say(head(&many))),
        ("long-header", Act::Flood(b"HTTP/1.1 200 OK\r\nx: ".to_vec(), vec![b'a'; 0x4000])),
        ("hints", Act::SayAndHold(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(5_000))),
    ];
    let mut peers = Vec::new();
    for (name, act) in acts {
        for number in 0..5 {
            peers.push((format!("{name}-{number}"), Peer::start(act.clone()).await));
        }
    }
    let bed = Bed::of(peers.iter().map(|(name, peer)| (name.as_str(), peer)));
    // The first message warms up what is made once.
    let (name, peer) = &peers[0];
    bed.expect(name, peer, Class::Ambiguous).await;
    let before = bed.memory("VmRSS");
    let rest = peers[1..].iter().map(|(name, peer)| bed.expect(name, peer, Class::Ambiguous));
    futures_util::future::join_all(rest).await;
    let grown = bed.memory("VmHWM").saturating_sub(before);
    let calls = peers.len() as u64 - 1;
    assert!(grown <= calls + 8, "{calls} calls took {grown} MiB");
    bed.is_well();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_a_refusal_and_leads_nowhere() {
    let canary = Peer::start(Act::Say(taken("m-1"))).await;
    let rows =
        ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"];
    let locations = [
        canary.origin(),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "//other.example/".to_owned(),
    ];
    let mut peers = Vec::new();
    for (number, location) in locations.iter().enumerate() {
        for status in rows {
            let name = format!("s{}-{number}", &status[..3]);
            let act = Act::Say(answer(status, &format!("location: {location}\r\n"), ""));
            peers.push((name, Peer::start(act).await));
        }
    }
    let bed = Bed::of(peers.iter().map(|(name, peer)| (name.as_str(), peer)));
    futures_util::future::join_all(peers.iter().map(|(name, peer)| bed.expect(name, peer, Class::Refused)))
        .await;
    assert_eq!(canary.connections(), 0, "{:?}", canary.requests());
    assert!(
        peers.iter().all(|(_, peer)| peer.requests()[0].contains(TOKEN)),
        "the header has another name now"
    );
    bed.is_well();
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_but_good_answers_are_good() {
    let body = success("m-1");
    let hints = b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100);
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
        body.len()
    );
    let rows = [
        ("hints", Act::Say([hints, taken("m-1")].concat())),
        ("http-1-0", Act::Say(format!("HTTP/1.0 200 OK\r\n\r\n{body}").into_bytes())),
        ("chunked", Act::Say(chunked.into_bytes())),
        ("created", Act::Say(answer("201 Created", "", &body))),
    ];
    all_end(rows, Class::Sent).await;
    let rows = [
        (
            "bad-chunk",
            Act::Say(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n".to_vec()),
        ),
        (
            "two-lengths",
            Act::Say(
                format!(
                    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                )
                .into_bytes(),
            ),
        ),
    ];
    all_end(rows, Class::Ambiguous).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_asked_for_is_nobodys_answer() {
    // Two answers to one request: the second one must not be taken for that of the next message.
    let twice = [taken("m-first"), taken("m-stale")].concat();
    let peer = Peer::start(Act::SayAndGoOn(twice)).await;
    let bed = Bed::of([("main", &peer)]);
    let first = bed.rest(&bed.accept("main", "first", &json!({})).await).await;
    assert_eq!(first["attempts"][0]["provider_message_id"], "m-first", "{first}");
    peer.now_does(Act::SayAndGoOn(taken("m-second")));
    let second = bed.rest(&bed.accept("main", "second", &json!({})).await).await;
    match second["status"].as_str().unwrap() {
        "sent" => assert_eq!(second["attempts"][0]["provider_message_id"], "m-second", "{second}"),
        status => assert_eq!(status, "unknown", "{second}"),
    }
    bed.is_well();
}
