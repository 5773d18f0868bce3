//! Names that lead where nothing may be called, that change their mind, and whose servers do not answer.

use std::{
    collections::VecDeque,
    net::TcpListener,
    sync::{
        Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use reqwest::dns::Resolve as _;

use super::*;
use crate::{call::is_blocked, client::http_client};

/// What the names lead to, one answer after the other; the last stays.
struct Script(Mutex<VecDeque<Vec<IpAddr>>>);

impl Lookup for Script {
    fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let mut answers = self.0.lock().unwrap();
        let next = answers.pop_front().expect("an answer is left");
        if answers.is_empty() {
            answers.push_back(next.clone());
        }
        Ok(next)
    }
}

fn leading_to(answers: &[&[&str]], reach: Reach) -> GuardedResolver {
    let addresses = |texts: &&[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
    let script = Script(Mutex::new(answers.iter().map(addresses).collect()));
    GuardedResolver { lookup: Arc::new(script), ..GuardedResolver::new(reach) }
}

async fn resolve(resolver: &GuardedResolver) -> Result<Vec<String>, String> {
    let name = "rebinding.example".parse().unwrap();
    let found = resolver.resolve(name).await.map_err(|error| error.to_string())?;
    Ok(found.map(|address| address.ip().to_string()).collect())
}

/// A listener that nobody may connect to, and its port.
fn canary() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

fn is_untouched(canary: &TcpListener) -> bool {
    canary.accept().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

/// How a call to a name at this port fails.
async fn call(resolver: GuardedResolver, port: u16) -> reqwest::Error {
    let client = http_client(resolver, Duration::from_millis(500)).unwrap();
    client.get(format!("https://rebinding.example:{port}/")).send().await.unwrap_err()
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_called() {
    let (canary, port) = canary();
    for inside in [
        "127.0.0.1",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "::1",
        "fd00::1",
        "fe80::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
    ] {
        let error = call(leading_to(&[&[inside]], Reach::Public), port).await;
        assert!(is_blocked(&error), "{inside}: {error:?}");
    }
    assert!(is_untouched(&canary));
    // The canary would have been found.
    let error = call(leading_to(&[&["127.0.0.1"]], Reach::Any), port).await;
    assert!(error.is_timeout() && !is_untouched(&canary), "{error:?}");
}

#[tokio::test]
async fn a_name_that_changes_its_mind_is_judged_by_the_answer_that_is_called() {
    let (canary, port) = canary();
    let rebinding = leading_to(&[&["8.8.8.8"], &["127.0.0.1"]], Reach::Public);
    assert_eq!(resolve(&rebinding).await, Ok(vec!["8.8.8.8".to_owned()]));
    assert!(is_blocked(&call(rebinding, port).await));
    assert!(is_untouched(&canary));
    let mixed = leading_to(&[&["127.0.0.1", "8.8.8.8", "fd00::1"]], Reach::Public);
    assert_eq!(resolve(&mixed).await, Ok(vec!["8.8.8.8".to_owned()]));
}

/// Says that a lookup began, and ends it when it is told to.
struct Tarpit {
    begun: Mutex<Sender<()>>,
    ends: Mutex<Receiver<()>>,
}

impl Lookup for Tarpit {
    fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        self.begun.lock().unwrap().send(()).unwrap();
        self.ends.lock().unwrap().recv().unwrap();
        Ok(vec!["8.8.8.8".parse().unwrap()])
    }
}

#[tokio::test]
async fn names_that_are_never_answered_take_a_bounded_number_of_threads() {
    let (begun, begins) = channel();
    let (end, ends) = channel();
    let tarpit = Arc::new(Tarpit { begun: Mutex::new(begun), ends: Mutex::new(ends) });
    let resolver = GuardedResolver { lookup: tarpit, ..GuardedResolver::bounded(Reach::Public) };
    for _ in 0..MOST_LOOKUPS {
        let impatient = tokio::spawn({
            let resolver = resolver.clone();
            async move { resolve(&resolver).await }
        });
        while begins.try_recv().is_err() {
            tokio::task::yield_now().await;
        }
        // Who asked is gone, the thread is not.
        impatient.abort();
        assert!(impatient.await.unwrap_err().is_cancelled());
    }
    assert_eq!(resolve(&resolver).await, Err(Crowded.to_string()));
    let provider = leading_to(&[&["8.8.4.4"]], Reach::Public);
    assert_eq!(resolve(&provider).await, Ok(vec!["8.8.4.4".to_owned()]), "others find a thread");

    for _ in 0..=MOST_LOOKUPS {
        end.send(()).unwrap();
    }
    let places = resolver.places.clone().unwrap();
    drop(places.acquire_many(u32::try_from(MOST_LOOKUPS).unwrap()).await.unwrap());
    assert_eq!(resolve(&resolver).await, Ok(vec!["8.8.8.8".to_owned()]), "the places are given back");
}
