//! Framing, addresses and methods, and the order of checks.

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{
    wire::{Request, exchange, read_to_end},
    world::{World, soon},
};

const SMALLEST: usize = "{}".len();

#[tokio::test]
async fn a_body_must_say_that_it_is_json() {
    let world = World::new().await;
    let request = Request::post("/v1/logins", "{}").without("Content-Type");
    let unsupported = (415, "unsupported_media_type".to_owned());
    assert_eq!(world.send(request.clone()).await.problem(), unsupported, "B9");
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"]
    {
        let request = request.clone().header("Content-Type", media_type);
        assert_eq!(world.send(request).await.problem(), unsupported, "B10 {media_type}");
    }
    let gzip = Request::post("/v1/logins", "{}").header("Content-Encoding", "gzip");
    assert_eq!(world.send(gzip).await.problem(), unsupported, "B12");
}

#[tokio::test]
async fn what_is_not_one_json_object_is_malformed() {
    let world = World::new().await;
    let utf16: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let deep = "{\"a\":".repeat(10_000) + "1" + &"}".repeat(10_000);
    let rows: [(&str, Vec<u8>); 16] = [
        ("B11", utf16),
        ("B13", b"".to_vec()),
        ("B13 white space", b" \n".to_vec()),
        ("B14 truncated", b"{\"reference\":\"x\"".to_vec()),
        ("B14 trailing", b"{}x".to_vec()),
        ("B14 BOM", b"\xef\xbb\xbf{}".to_vec()),
        ("B15 array", b"[]".to_vec()),
        ("B15 null", b"null".to_vec()),
        ("B15 string", b"\"x\"".to_vec()),
        ("B16", b"[\"https://shop.acme.example/signed-in\"]".to_vec()),
        ("B17", b"{\"reference\":\"a\",\"reference\":\"a\"}".to_vec()),
        ("B17 deep", b"{\"client\":{\"user_agent\":\"a\",\"user_agent\":\"b\"}}".to_vec()),
        ("B19 surrogate", b"{\"reference\":\"\\ud800\"}".to_vec()),
        ("B19 UTF-8", b"{\"reference\":\"\xff\"}".to_vec()),
        ("B21", b"{\"expires_in_seconds\":NaN}".to_vec()),
        ("B22", deep.into_bytes()),
    ];
    for (row, body) in rows {
        let answer = world.send(Request::post("/v1/logins", body)).await;
        assert_eq!(answer.problem(), (400, "malformed_body".to_owned()), "{row}");
    }
}

#[tokio::test]
async fn a_body_may_have_64_kib_and_not_a_byte_more() {
    let world = World::new().await;
    let padded = |length: usize| {
        let body = "{}".to_owned() + &" ".repeat(length - SMALLEST);
        Request::post("/v1/logins", body).key(&world.key)
    };
    for (length, status) in [(65_535, 201), (65_536, 201), (65_537, 413), (70 * 1024, 413), (300 * 1024, 413)]
    {
        let announced = exchange(world.address, &padded(length).bytes()).await;
        assert_eq!(announced.status, status, "B23, B24 {length} announced");
        let chunked = exchange(world.address, &padded(length).chunked_bytes()).await;
        assert_eq!(chunked.status, status, "B23, B24 {length} chunked");
        if status == 413 {
            assert_eq!(announced.problem().1, "body_too_large");
            assert_eq!(chunked.problem().1, "body_too_large");
        }
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let world = World::new().await;
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    stream.write_all(&Request::post("/v1/logins", "").key(&world.key).silent_bytes()).await.unwrap();
    // The server asks for the body once it waits for it; and then nothing comes.
    let mut continued = [0; 25];
    soon(stream.read_exact(&mut continued)).await.unwrap();
    assert!(continued.starts_with(b"HTTP/1.1 100 Continue"), "B91");
    stream.write_all(b"{").await.unwrap();
    world.clock.advance(jiff::SignedDuration::from_secs(11));
    let answer = String::from_utf8(read_to_end(stream).await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 "), "B91, B92: {answer}");
    assert!(
        answer.contains("\"code\":\"request_timeout\"") && answer.contains("\"retryable\":true"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let world = World::new().await;
    for (method, path, allow) in [
        ("DELETE", "/v1/logins", "GET, POST"),
        ("PUT", "/v1/logins", "GET, POST"),
        ("TRACE", "/v1/logins", "GET, POST"),
        ("OPTIONS", "/v1/logins", "GET, POST"),
        ("get", "/v1/logins", "GET, POST"),
        ("POST", "/v1/logins/log_1", "DELETE, GET"),
        ("GET", "/v1/logins/log_1/claim", "POST"),
        ("POST", "/v1/logins/log_1/events", "GET"),
        ("PUT", "/v1/notifications", "GET, POST"),
        ("DELETE", "/v1/notifications/batch", "GET, POST"),
        ("GET", "/v1/notifications/ntf_1/cancel", "POST"),
        ("PUT", "/v1/webhook-endpoints/whe_1", "DELETE, GET, PATCH"),
        ("GET", "/v1/webhook-endpoints/whe_1/test", "POST"),
        ("POST", "/v1/admin/delivery", "GET"),
        ("DELETE", "/v1/notifications/ntf_1", "GET"),
        ("POST", "/openapi.json", "GET"),
        ("POST", "/docs", "GET"),
        ("POST", "/docs/", "GET"),
        ("POST", "/callback/acme/main", "GET"),
        ("POST", "/login/log_1/start", "GET, HEAD"),
    ] {
        // Neither key nor body: the method comes first.
        let answer = exchange(world.address, &Request::new(method, path).bytes()).await;
        assert_eq!(answer.problem(), (405, "method_not_allowed".to_owned()), "B81 {method} {path}");
        assert_eq!(answer.header("allow"), Some(allow), "B81 {method} {path}");
    }
    let head = exchange(world.address, &Request::new("HEAD", "/v1/logins").bytes()).await;
    assert_eq!((head.status, head.header("allow"), head.body.as_str()), (405, Some("GET, POST"), ""));
}

#[tokio::test]
async fn an_unknown_address_is_not_found() {
    let world = World::new().await;
    for path in [
        "/",
        "/v1",
        "/v1/q",
        "//v1/logins",
        "/v1/p/../logins",
        "/v1/logins/",
        "/v2/logins",
        "/v1/logins/a/b/c",
    ] {
        let answer = world.send(Request::get(path)).await;
        assert_eq!(answer.problem(), (404, "not_found".to_owned()), "B82 {path}");
    }
    let long = format!("/{}", "a".repeat(1_000));
    let answer = exchange(world.address, &Request::get(&long).bytes()).await;
    assert!(answer.status == 404 && !answer.body.contains("aaaa"), "{answer:?}");
}

#[tokio::test]
async fn what_is_accepted_and_which_host_is_meant_decide_nothing() {
    let world = World::new().await;
    for accept in ["text/html", "*/*;q=0"] {
        let answer = world.send(Request::get("/v1/logins").header("Accept", accept)).await;
        assert_eq!(answer.header("content-type"), Some("application/json"), "B83 {accept}");
    }
    let key = &world.key;
    let absolute =
        format!("GET http://evil/v1/logins HTTP/1.1\r\nHost: evil\r\nAuthorization: Bearer {key}\r\n");
    let answer = exchange(world.address, format!("{absolute}Connection: close\r\n\r\n").as_bytes()).await;
    assert_eq!(answer.status, 200, "B89");
    let started = world
        .send(
            Request::post("/v1/logins", "{}")
                .header("X-Forwarded-Host", "evil")
                .header("X-Forwarded-For", "10.0.0.1")
                .header("Forwarded", "host=evil;for=10.0.0.1"),
        )
        .await;
    assert!(started.status == 201 && !started.body.contains("evil"), "B90 {started:?}");
}

#[tokio::test]
async fn other_origins_are_told_nothing() {
    let world = World::new().await;
    for origin in ["null", "https://ok.evil"] {
        let answer = world.send(Request::get("/v1/logins").header("Origin", origin)).await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "B73 {origin}");
    }
}

#[tokio::test]
async fn broken_framing_is_refused_by_the_parser() {
    let world = World::new().await;
    let post = |headers: &str, body: &str| {
        format!(
            "POST /v1/logins HTTP/1.1\r\nHost: herald\r\nContent-Type: application/json\r\n{headers}\r\n{body}"
        )
    };
    let many = "X-Many: a\r\n".repeat(97);
    for (row, request) in [
        ("B84 many", post(&many, "")),
        ("B84 long", post(&format!("X-Long: {}\r\n", "a".repeat(140 * 1024)), "")),
        ("B85", format!("GET /{} HTTP/1.1\r\nHost: herald\r\n\r\n", "a".repeat(70 * 1024))),
        ("B86 CL and TE", post("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")),
        ("B86 two CL", post("Content-Length: 2\r\nContent-Length: 3\r\n", "{}")),
        ("B86 +21", post("Content-Length: +2\r\n", "{}")),
        ("B86 -1", post("Content-Length: -1\r\n", "{}")),
        ("B86 0x2", post("Content-Length: 0x2\r\n", "{}")),
        ("B86 2^64", post("Content-Length: 18446744073709551616\r\n", "{}")),
        ("B86 TE list", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")),
        ("B87 space", post("X-Space : a\r\n", "")),
        ("B87 fold", post("X-Fold: a\r\n b\r\n", "")),
        ("B87 NUL", post("X-Nul: a\0b\r\n", "")),
        ("B93 TLS", "\u{16}\u{3}\u{1}\0\u{1}".to_owned() + &"a".repeat(200) + "\r\n\r\n"),
        ("B93 HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned()),
    ] {
        let mut stream = TcpStream::connect(world.address).await.unwrap();
        let _ = stream.write_all(request.as_bytes()).await;
        let _ = stream.shutdown().await;
        let answer = read_to_end(stream).await;
        let status = String::from_utf8_lossy(&answer[..answer.len().min(12)]).into_owned();
        assert!(
            ["HTTP/1.1 400", "HTTP/1.1 431", "HTTP/1.1 501", ""].contains(&status.as_str()),
            "{row}: {status}"
        );
    }
}

#[tokio::test]
async fn checks_come_in_their_order() {
    let world = World::new().await;
    let weak = &world.scoped["logins:read"];
    let bad = || Request::post("/v1/notifications", "[]");
    let requests = [
        // Two keys; too large; no type: framing, in this order, before anybody asks for a key.
        bad().key("a").key("b").without("Content-Type"),
        Request::new("POST", "/v1/notifications").header("Content-Length", "70000"),
        bad().without("Content-Type"),
        bad(),
        bad().key(weak),
        bad().key(&world.key),
        bad().key(&world.key).header("Idempotency-Key", "k"),
    ];
    let mut codes = Vec::new();
    for request in requests {
        let (status, code) = exchange(world.address, &request.bytes()).await.problem();
        codes.push(format!("{status} {code}"));
    }
    assert_eq!(
        codes,
        [
            "400 invalid_header",
            "413 body_too_large",
            "415 unsupported_media_type",
            "401 unauthenticated",
            "403 insufficient_scope",
            "400 idempotency_key_required",
            "400 malformed_body",
        ]
    );
    let refused = Request::post("/v1/logins/log_x/claim", json!({}).to_string());
    assert_eq!(world.send(refused).await.problem().0, 422, "the body comes before the thing itself");
}
