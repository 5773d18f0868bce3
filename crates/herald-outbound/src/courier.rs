//! Hands messages to addresses that tenants name: back-channel logout, and whatever else is told outside.
//!
//! Nothing here is known of the other side but its address, so nothing is read of its answer but the status and
//! `Retry-After`.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use herald_core::{
    courier::{Courier, NoAnswer, NoAnswerKind, Parcel, Receipt},
    error::ErrorKind,
    provider::ProviderName,
};
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use secrecy::ExposeSecret as _;
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::{
    call::{Call, is_blocked},
    client::{CONNECT, OpenError, http_client},
    reach::Reach,
    resolver::GuardedResolver,
    retry_after::retry_after,
};

/// The total time of one attempt.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most that is read of an answer's body, so that the connection can be used again.
const BODY_CAP: usize = 64 * 1024;
/// The longest time that the other side may ask to be left alone for.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 3600);

/// The [`Courier`] over HTTP. Never follows a redirect, never repeats, reads no proxy from the environment.
pub struct OutboundCourier {
    public: reqwest::Client,
    private: reqwest::Client,
    /// How far a parcel reaches that may go to a private address.
    private_reach: Reach,
    patience: Duration,
}

impl OutboundCourier {
    /// Opens the courier; no IO. Parcels go to public addresses only; those that may be private reach as far as
    /// `private_reach`: [`Reach::Private`], or [`Reach::Any`] for development.
    pub fn open(private_reach: Reach) -> Result<Self, OpenError> {
        Ok(Self {
            public: http_client(GuardedResolver::bounded(Reach::Public), CONNECT).map_err(OpenError::Http)?,
            private: http_client(GuardedResolver::bounded(private_reach), CONNECT)
                .map_err(OpenError::Http)?,
            private_reach,
            patience: PATIENCE,
        })
    }

    fn reach(&self, may_be_private: bool) -> Reach {
        if may_be_private { self.private_reach } else { Reach::Public }
    }

    async fn exchange(&self, parcel: &Parcel) -> Result<Receipt, NoAnswer> {
        let deadline = Instant::now() + self.patience;
        let client = if parcel.may_be_private { &self.private } else { &self.public };
        // A resolver is not asked about literal addresses.
        let reach = self.reach(parcel.may_be_private);
        reach.check_address(&parcel.url).map_err(|why| no_answer(NoAnswerKind::BlockedAddress, why))?;
        let request = client
            .post(parcel.url.clone())
            .headers(headers(parcel)?)
            .body(parcel.body.expose_secret().to_owned());
        let mut answer = match timeout_at(deadline, request.send()).await {
            Ok(answer) => answer.map_err(headless)?,
            Err(_) => return Err(no_answer(NoAnswerKind::Timeout, call().late().detail())),
        };
        let receipt = receipt(answer.status().as_u16(), answer.headers());
        // The status says it all; a body that is too long, too slow or broken changes nothing.
        let _ = timeout_at(deadline, async {
            let mut left = BODY_CAP;
            while let Ok(Some(piece)) = answer.chunk().await {
                let Some(rest) = left.checked_sub(piece.len()) else { return };
                left = rest;
            }
        })
        .await;
        Ok(receipt)
    }
}

#[async_trait]
impl Courier for OutboundCourier {
    fn reaches(&self, url: &Url, may_be_private: bool) -> bool {
        self.reach(may_be_private).check_address(url).is_ok()
    }

    async fn deliver(&self, parcel: &Parcel) -> Result<Receipt, NoAnswer> {
        let started = Instant::now();
        let result = self.exchange(parcel).await;
        tracing::debug!(
            status = result.as_ref().map_or(0, |receipt| receipt.status),
            failure = result.as_ref().err().map(tracing::field::display),
            elapsed_ms = started.elapsed().as_millis(),
            "outbound delivery"
        );
        result
    }
}

impl fmt::Debug for OutboundCourier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundCourier").field("private_reach", &self.private_reach).finish_non_exhaustive()
    }
}

/// What broken transport is called, by the table that all calls share.
fn call() -> Call {
    Call { provider: ProviderName::new("courier"), operation: "deliver", is_one_shot: false }
}

fn no_answer(why: NoAnswerKind, detail: &str) -> NoAnswer {
    NoAnswer { why, detail: detail.to_owned() }
}

/// The head of the answer did not come.
fn headless(error: reqwest::Error) -> NoAnswer {
    let (is_blocked, is_unconnected) = (is_blocked(&error), error.is_connect());
    let error = call().headless(error);
    let why = match error.kind() {
        _ if is_blocked => NoAnswerKind::BlockedAddress,
        ErrorKind::Timeout => NoAnswerKind::Timeout,
        _ if is_unconnected => NoAnswerKind::Unreachable,
        _ => NoAnswerKind::Broken,
    };
    no_answer(why, error.detail())
}

fn headers(parcel: &Parcel) -> Result<HeaderMap, NoAnswer> {
    let value = |text: &str| {
        HeaderValue::from_str(text).map_err(|_| {
            no_answer(NoAnswerKind::Broken, "a header's value has a character that no header may have")
        })
    };
    let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, value(parcel.content_type)?)]);
    for (name, text) in &parcel.headers {
        let name = HeaderName::try_from(*name).map_err(|_| {
            no_answer(NoAnswerKind::Broken, "a header's name has a character that no header may have")
        })?;
        headers.append(name, value(text)?);
    }
    Ok(headers)
}

fn receipt(status: u16, headers: &HeaderMap) -> Receipt {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    Receipt {
        status,
        retry_after: text(RETRY_AFTER).and_then(|asked| retry_after(asked, text(DATE), LONGEST_PAUSE)),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;

    /// What a courier that waits 300 ms makes of a peer that reads, says this and then keeps silent with the line open.
    async fn after_silence(said: &'static [u8]) -> Result<Receipt, NoAnswer> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let peer = async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
            stream.write_all(said).await.unwrap();
            std::future::pending::<()>().await;
        };
        let courier = OutboundCourier {
            patience: Duration::from_millis(300),
            ..OutboundCourier::open(Reach::Private).unwrap()
        };
        let parcel = Parcel {
            url,
            may_be_private: true,
            content_type: "text/plain",
            headers: vec![],
            body: SecretString::from("hello"),
        };
        tokio::select! {
            result = courier.deliver(&parcel) => result,
            () = peer => panic!("the peer stays"),
        }
    }

    #[tokio::test]
    async fn an_answer_that_does_not_begin_in_time_is_none() {
        assert_eq!(
            after_silence(b"").await,
            Err(no_answer(NoAnswerKind::Timeout, "no whole answer in time"))
        );
        assert_eq!(
            after_silence(b"HTTP/1.1 200 OK\r\nx-a").await,
            Err(no_answer(NoAnswerKind::Timeout, "no whole answer in time"))
        );
    }

    #[tokio::test]
    async fn a_body_that_does_not_end_in_time_changes_nothing() {
        let receipt = after_silence(b"HTTP/1.1 204 No Content\r\n\r\n").await;
        assert_eq!(receipt, Ok(Receipt { status: 204, retry_after: None }));
        let receipt = after_silence(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf").await;
        assert_eq!(receipt, Ok(Receipt { status: 200, retry_after: None }));
    }

    #[test]
    fn a_pause_of_a_day_is_honoured_and_no_longer_one() {
        let asked = |seconds: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(seconds).unwrap())]);
            receipt(503, &headers).retry_after.map(|pause| pause.as_secs())
        };
        assert_eq!(asked("86400"), Some(86_400));
        assert_eq!(asked("86401"), Some(86_400));
    }

    #[test]
    fn debug_shows_no_more_than_the_reach() {
        let shown = format!("{:?}", OutboundCourier::open(Reach::Private).unwrap());
        assert_eq!(shown, "OutboundCourier { private_reach: Private, .. }");
    }
}
