//! What the courier hands over, to whom, and what it makes of the answers.

use std::time::Duration;

use herald_core::courier::{Courier as _, NoAnswer, NoAnswerKind, Parcel, Receipt};
use herald_outbound::{OutboundCourier, Reach};
use secrecy::SecretString;
use url::Url;

use crate::peer::{Act, Called as _, Peer, answer, flood};

fn courier() -> OutboundCourier {
    OutboundCourier::open(Reach::Private).unwrap()
}

fn parcel(url: Url) -> Parcel {
    Parcel {
        url,
        may_be_private: true,
        content_type: "application/x-www-form-urlencoded",
        headers: vec![("x-a", "one".to_owned()), ("x-a", "two".to_owned())],
        body: SecretString::from("logout_token=canary"),
    }
}

async fn after(act: Act) -> Result<Receipt, NoAnswer> {
    let peer = Peer::start(act).await;
    courier().deliver(&parcel(peer.url())).await
}

fn status(status: u16) -> Receipt {
    Receipt { status, retry_after: None }
}

fn no_answer(why: NoAnswerKind, detail: &str) -> NoAnswer {
    NoAnswer { why, detail: detail.to_owned() }
}

#[tokio::test]
async fn a_parcel_arrives_as_it_is() {
    let peer = Peer::start(answer("200 OK", "", "thanks")).await;
    let mut parcel = parcel(peer.url());
    parcel.url.set_query(Some("tenant=acme"));
    assert_eq!(courier().deliver(&parcel).await, Ok(status(200)));
    let request = &peer.requests()[0];
    assert!(request.starts_with("POST /base/?tenant=acme HTTP/1.1\r\n"), "{request}");
    for line in
        ["content-type: application/x-www-form-urlencoded", "x-a: one", "x-a: two", "user-agent: herald/"]
    {
        assert!(request.contains(&format!("\r\n{line}")), "{request}");
    }
    assert!(request.ends_with("\r\n\r\nlogout_token=canary"), "{request}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let elsewhere = Peer::start(answer("200 OK", "", "")).await;
    for code in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let location = format!("location: {}\r\n", elsewhere.url());
        let receipt = after(answer(code, &location, "")).await.unwrap();
        assert_eq!(receipt.status.to_string(), code[..3]);
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn the_asked_pause_is_told() {
    let asked = |seconds| Ok(Receipt { status: 503, retry_after: Some(Duration::from_secs(seconds)) });
    let after = |header| after(answer("503 Service Unavailable", header, ""));
    assert_eq!(after("retry-after: 7\r\n").await, asked(7));
    assert_eq!(after("retry-after: 86400\r\n").await, asked(86_400));
    assert_eq!(after("retry-after: 1000000\r\n").await, asked(86_400));
    let dates = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\nretry-after: Sun, 06 Nov 1994 08:50:07 GMT\r\n";
    assert_eq!(after(dates).await, asked(30));
    assert_eq!(after("retry-after: soon\r\n").await, Ok(status(503)));
}

#[tokio::test]
async fn a_body_however_long_changes_nothing() {
    let endless = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    assert_eq!(after(flood(endless)).await, Ok(status(200)));
    assert_eq!(after(answer("400 Bad Request", "", &"x".repeat(100_000))).await, Ok(status(400)));
    let broken = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf".to_vec();
    assert_eq!(after(Act::Say(broken)).await, Ok(status(200)));
}

#[tokio::test]
async fn a_broken_line_is_no_answer_and_nothing_of_the_parcel_shows() {
    let broke = Err(no_answer(NoAnswerKind::Broken, "the connection broke before the answer"));
    for act in [Act::ResetAfterRequest, Act::ResetAtOnce, Act::Say(b"hello\r\n\r\n".to_vec())] {
        assert_eq!(after(act).await, broke);
    }
    let [closed] = herald_testkit::ports::free();
    let url = format!("http://127.0.0.1:{closed}/secret-path").parse().unwrap();
    let refused = courier().deliver(&parcel(url)).await;
    assert_eq!(refused, Err(no_answer(NoAnswerKind::Unreachable, "no connection, nothing was sent")));
}

#[tokio::test]
async fn a_private_address_is_refused_unless_the_parcel_may_go_there() {
    let peer = Peer::start(answer("200 OK", "", "")).await;
    let port = peer.url().port().unwrap();
    let public = |url: String| Parcel { may_be_private: false, ..parcel(url.parse().unwrap()) };
    for (url, why) in [
        (peer.url().to_string(), "the scheme must be https"),
        (format!("https://127.0.0.1:{port}/"), "the port must be 443"),
        ("https://127.0.0.1/".to_owned(), "its address must not be called"),
        ("https://receiver.example:8443/".to_owned(), "the port must be 443"),
        ("https://[::ffff:10.0.0.1]/".to_owned(), "its address must not be called"),
        ("https://2130706433/".to_owned(), "its address must not be called"),
        ("https://169.254.169.254/".to_owned(), "its address must not be called"),
        ("https://user:word@receiver.example/".to_owned(), "a user name or password has no place in it"),
        ("https://localhost/".to_owned(), "its name must not be called"),
        ("https://receiver.internal/".to_owned(), "its name must not be called"),
        ("https://receiver/".to_owned(), "its name must not be called"),
    ] {
        let result = courier().deliver(&public(url.clone())).await;
        assert_eq!(result, Err(no_answer(NoAnswerKind::BlockedAddress, why)), "{url}");
    }
    assert_eq!(peer.connections(), 0);
    // Metadata services are nobody's receivers.
    let metadata = courier().deliver(&parcel("http://169.254.169.254/".parse().unwrap())).await;
    assert_eq!(metadata, Err(no_answer(NoAnswerKind::BlockedAddress, "its address must not be called")));
    let mut by_name = peer.url();
    by_name.set_host(Some("localhost")).unwrap();
    assert_eq!(courier().deliver(&parcel(by_name)).await, Ok(status(200)));
}

#[tokio::test]
async fn a_header_cannot_be_broken_out_of() {
    let peer = Peer::start(answer("200 OK", "", "")).await;
    let mut evil = parcel(peer.url());
    evil.headers = vec![("x-a", "a\r\nx-evil: 1".to_owned())];
    let result = courier().deliver(&evil).await;
    assert_eq!(
        result,
        Err(no_answer(NoAnswerKind::Broken, "a header's value has a character that no header may have"))
    );
    assert_eq!(peer.connections(), 0);
}

#[tokio::test]
async fn a_name_that_leads_nowhere_is_unreachable() {
    let nowhere = courier().deliver(&parcel("https://nowhere.invalid/".parse().unwrap())).await;
    assert_eq!(nowhere, Err(no_answer(NoAnswerKind::Unreachable, "no connection, nothing was sent")));
}

#[test]
fn an_address_tells_by_its_text_whether_it_can_be_reached() {
    let reaches = |url: &str, may_be_private| courier().reaches(&url.parse().unwrap(), may_be_private);
    for public in ["https://receiver.example/x?y=z", "https://8.8.8.8/"] {
        assert!(reaches(public, false), "{public}");
    }
    for private in [
        "http://receiver.internal:8080/",
        "https://receiver.internal/",
        "https://receiver.example:8443/",
        "https://localhost/",
        "https://receiver/",
        "https://127.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://0x7f.1/",
    ] {
        assert!(!reaches(private, false), "{private}");
        assert!(reaches(private, true), "{private}");
    }
    assert!(!reaches("http://169.254.169.254/", true));
}
