//! Where the tenant's webhooks arrive: takes all of them and writes them down.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::{
    judge::Line,
    world::{KEY, World},
};

/// How long webhooks may come late: longer than what Herald had in hand when it was killed stays leased.
const PATIENCE: Duration = Duration::from_secs(120);

/// How many webhooks go to one receiver at once: so many may have arrived without that being stored when Herald is killed.
const CUT_OFF: usize = 4;

/// One webhook as it arrived.
struct Arrived {
    event_id: String,
    kind: String,
    notification: String,
}

/// A listening receiver; ends with the program.
pub(crate) struct Receiver {
    url: String,
    arrived: Arc<Mutex<Vec<Arrived>>>,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/hook", listener.local_addr().expect("a bound port"));
        let arrived = Arc::new(Mutex::default());
        let books = Arc::clone(&arrived);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&books)));
            }
        });
        Self { url, arrived }
    }

    /// Has Herald tell this receiver what becomes of notifications.
    pub(crate) async fn register(&self, world: &World) {
        let body = json!({ "url": self.url, "events": ["notification.queued", "notification.sent", "notification.unknown"] });
        let request =
            world.http.post(format!("{}/v1/webhook-endpoints", world.url)).bearer_auth(KEY).json(&body);
        let answer = request.send().await.expect("Herald answers");
        assert_eq!(answer.status(), 201, "{:?}", answer.text().await);
    }

    /// Waits for what has to be told of each notification: that it was queued, and how it ended. The same event has the same
    /// id however often it comes, and comes again at most as often as deliveries were cut off.
    pub(crate) async fn judge(&self, notifications: &[Option<Value>], line: &mut Line) {
        let until = Instant::now() + PATIENCE;
        let mut expected: Vec<(String, String)> = Vec::new();
        for notification in notifications.iter().flatten() {
            let text = |name: &str| notification[name].as_str().unwrap_or_default().to_owned();
            expected.push((text("id"), "notification.queued".to_owned()));
            expected.push((text("id"), format!("notification.{}", text("status"))));
        }
        let mut ticks = tokio::time::interval(Duration::from_millis(250));
        let missing = loop {
            ticks.tick().await;
            let seen = self.seen();
            let missing = expected.iter().filter(|event| !seen.contains_key(*event)).count();
            if missing == 0 || Instant::now() > until {
                break missing;
            }
        };
        let seen = self.seen();
        let duplicates = seen.values().map(|ids| ids.values().sum::<usize>() - ids.len()).sum::<usize>();
        let several = seen.values().filter(|ids| ids.len() > 1).count();
        line.expect(missing == 0, format!("every event arrives: {missing} did not"));
        line.expect(several == 0, format!("an event has one id: {several} have more"));
        line.expect(duplicates <= line.kills * CUT_OFF, "webhooks come again only when they were cut off");
        line.webhook_duplicates = Some(duplicates);
    }

    /// How often each id came, of each event of each notification.
    fn seen(&self) -> HashMap<(String, String), HashMap<String, usize>> {
        let mut seen: HashMap<(String, String), HashMap<String, usize>> = HashMap::new();
        for arrived in self.arrived.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let event = seen.entry((arrived.notification.clone(), arrived.kind.clone())).or_default();
            *event.entry(arrived.event_id.clone()).or_default() += 1;
        }
        seen
    }
}

/// Takes requests until the other side goes away.
async fn serve(mut stream: TcpStream, books: Arc<Mutex<Vec<Arrived>>>) {
    let mut bytes = Vec::new();
    loop {
        let head = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        let request = head.and_then(|end| read(&bytes, end));
        let Some((length, arrived)) = request else {
            if stream.read_buf(&mut bytes).await.is_ok_and(|read| read > 0) {
                continue;
            }
            return;
        };
        bytes.drain(..length);
        books.lock().unwrap_or_else(PoisonError::into_inner).push(arrived);
        if stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.is_err() {
            return;
        }
    }
}

/// The whole request that begins here, and its length.
fn read(bytes: &[u8], head_end: usize) -> Option<(usize, Arrived)> {
    let head = String::from_utf8_lossy(&bytes[..head_end]);
    let header = |name: &str| {
        head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let end = head_end + 4 + header("content-length")?.parse::<usize>().ok()?;
    let body: Value = serde_json::from_slice(bytes.get(head_end + 4..end)?).ok()?;
    let arrived = Arrived {
        event_id: header("webhook-id").unwrap_or_default(),
        kind: body["type"].as_str().unwrap_or_default().to_owned(),
        notification: body["data"]["notification"]["id"].as_str().unwrap_or_default().to_owned(),
    };
    Some((end, arrived))
}
