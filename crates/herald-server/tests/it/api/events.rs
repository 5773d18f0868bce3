//! A login's changes as server-sent events.

use herald_testkit::fake_provider::Person;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{
    wire::Request,
    world::{World, soon},
};

/// A stream of events, read as it comes.
struct Events {
    stream: TcpStream,
    seen: String,
}

impl Events {
    async fn open(world: &World, id: &str) -> Self {
        let request = Request::get(&format!("/v1/logins/{id}/events")).key(&world.key);
        let mut stream = TcpStream::connect(world.address).await.expect("a connection");
        stream.write_all(&request.bytes()).await.expect("a request is sent");
        Self { stream, seen: String::new() }
    }

    /// Reads until this is there and gives everything up to it; what follows is kept.
    async fn until(&mut self, text: &str) -> String {
        loop {
            if let Some(at) = self.seen.find(text) {
                let rest = self.seen.split_off(at + text.len());
                return std::mem::replace(&mut self.seen, rest);
            }
            let mut bytes = [0; 4096];
            let count = self.stream.read(&mut bytes).await.expect("more");
            assert!(count > 0, "the stream ended before {text:?}; left: {:?}", self.seen);
            self.seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    }

    /// The next event: its id and its login.
    async fn next(&mut self) -> (String, Value) {
        self.until("event: login\n").await;
        let id = self.until("\n").await;
        let data = self.until("\n\n").await;
        let id = id.strip_prefix("id: ").expect("an id").trim_end().to_owned();
        let data = data.strip_prefix("data: ").expect("data");
        (id, serde_json::from_str(data).expect("a login"))
    }

    /// Everything that is left.
    async fn rest(mut self) -> String {
        self.stream.read_to_string(&mut self.seen).await.expect("an end");
        self.seen
    }
}

#[tokio::test]
async fn events_tell_every_change_and_end_with_the_login() {
    let world = World::new().await;
    let login = world.start(json!({})).await;
    let id = login["id"].as_str().unwrap();
    let mut events = Events::open(&world, id).await;
    let head = soon(events.until("\r\n\r\n")).await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(head.to_ascii_lowercase().contains("content-type: text/event-stream"), "{head}");
    assert!(head.to_ascii_lowercase().contains("cache-control: no-store"), "{head}");

    let (tag, first) = soon(events.next()).await;
    let shown = world.send(Request::get(&format!("/v1/logins/{id}"))).await;
    assert_eq!((Some(&*tag), first), (shown.header("etag"), shown.json()));
    world.person.person_is(Person::Opened);
    assert_eq!(world.while_time_passes(events.next()).await.1["status"], "opened");
    world.person.person_is(Person::Confirmed);
    assert_eq!(world.while_time_passes(events.next()).await.1["status"], "confirmed");
    let claim = json!({ "claim_secret": login["claim_secret"] }).to_string();
    assert_eq!(world.send(Request::post(&format!("/v1/logins/{id}/claim"), claim)).await.status, 200);
    assert_eq!(soon(events.next()).await.1["status"], "claimed");
    assert_eq!(soon(events.rest()).await, "\r\n0\r\n\r\n", "the end");
}

#[tokio::test]
async fn a_silent_stream_shows_that_it_lives() {
    let world = World::new().await;
    let login = world.start(json!({})).await;
    let mut events = Events::open(&world, login["id"].as_str().unwrap()).await;
    soon(events.next()).await;
    world.while_time_passes(events.until("\n:\n\n")).await;
    world.while_time_passes(events.until("\n:\n\n")).await;
}

#[tokio::test]
async fn a_stream_ends_with_the_process_and_none_begins() {
    let world = World::new().await;
    let login = world.start(json!({})).await;
    let id = login["id"].as_str().unwrap();
    let mut events = Events::open(&world, id).await;
    soon(events.next()).await;
    world.stopping.stop();
    assert!(soon(events.rest()).await.ends_with("0\r\n\r\n"));
    let late = world.send(Request::get(&format!("/v1/logins/{id}/events"))).await;
    assert_eq!(late.problem(), (503, "shutting_down".to_owned()));
    assert_eq!(late.header("retry-after"), Some("1"));
}

#[tokio::test]
async fn no_stream_of_a_browser_begins_while_the_process_stops() {
    let world = World::new().await;
    let login = world.start(json!({})).await;
    let page = format!("/login/{}", login["id"].as_str().unwrap());
    let events = format!("{page}/events");
    let first = Request::get(&page).send(world.address).await;
    let cookie = first.header("set-cookie").and_then(|line| line.split(';').next()).expect("a cookie");
    let ask = |method, path| Request::new(method, path).header("Cookie", cookie).send(world.address);
    assert_eq!(ask("GET", &page).await.status, 200);
    assert_eq!(ask("HEAD", &events).await.header("content-type"), Some("text/event-stream"));

    world.stopping.stop();
    let late = ask("GET", &events).await;
    assert_eq!((late.status, late.header("retry-after")), (503, Some("5")), "{late:?}");
    assert!(late.body.contains("<meta http-equiv=\"refresh\" content=\"5\">"), "{late:?}");
}
