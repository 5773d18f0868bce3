//! Bodies that break off, never end or take their time.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::body::{BodySize, BoxBody, MessageBody, SizedStream};
use actix_web::http::header::CONTENT_LENGTH;
use bytes::Bytes;

use super::answer::whole;

/// What a flood is made of.
static WATER: [u8; 64 * 1024] = [b'a'; 64 * 1024];

/// Head and half of the body reach the wire, then the connection is closed.
pub(super) async fn half(answer: HttpResponse) -> HttpResponse {
    let (head, body) = answer.into_parts();
    let bytes = whole(body).await;
    // An answer without a body (the refresh of Authara) promises one that never comes.
    let promised = bytes.len().max(2);
    let sent = bytes.slice(..bytes.len() / 2);
    let mut answer =
        head.set_body(BoxBody::new(BrokenBody { sent: Some(sent), promised, is_flushed: false }));
    answer.headers_mut().remove(CONTENT_LENGTH);
    answer
}

/// The connection is closed and nothing reaches the wire.
pub(super) fn broken() -> HttpResponse {
    HttpResponse::Ok().body(BrokenBody { is_flushed: true, sent: None, promised: 2 })
}

/// A JSON string that ends after `bytes`, or never.
pub(super) fn flood(bytes: Option<u64>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(Flood { total: bytes, poured: 0 })
}

/// The head at once, then the body byte by byte.
pub(super) async fn drip(answer: HttpResponse, interval: Duration) -> HttpResponse {
    let (head, body) = answer.into_parts();
    let bytes = whole(body).await;
    let length = bytes.len() as u64;
    let drops = futures_util::stream::unfold((bytes, 0), move |(bytes, place)| async move {
        let drop = (place < bytes.len()).then(|| bytes.slice(place..=place))?;
        tokio::time::sleep(interval).await;
        Some((Ok::<_, Infallible>(drop), (bytes, place + 1)))
    });
    let mut answer = head.set_body(BoxBody::new(SizedStream::new(length, drops)));
    answer.headers_mut().remove(CONTENT_LENGTH);
    answer
}

struct Flood {
    total: Option<u64>,
    poured: u64,
}

impl MessageBody for Flood {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.total.map_or(BodySize::Stream, BodySize::Sized)
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let left = self.total.map_or(u64::MAX, |total| total.saturating_sub(self.poured));
        let mut piece = if self.poured == 0 {
            Bytes::from_static(br#"{"messageId":""#)
        } else {
            Bytes::from_static(&WATER)
        };
        piece.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        self.poured += piece.len() as u64;
        Poll::Ready((!piece.is_empty()).then_some(Ok(piece)))
    }
}

/// Ends in an error, at which actix closes the connection. What was not flushed before (the head too) is never sent.
struct BrokenBody {
    sent: Option<Bytes>,
    promised: usize,
    is_flushed: bool,
}

impl MessageBody for BrokenBody {
    type Error = std::io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.promised as u64)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        if let Some(sent) = self.sent.take().filter(|sent| !sent.is_empty()) {
            return Poll::Ready(Some(Ok(sent)));
        }
        if !self.is_flushed {
            // One turn for the dispatcher to write what it has.
            self.is_flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(std::io::Error::new(
            std::io::ErrorKind::ConnectionReset,
            "a fault of the sandbox",
        ))))
    }
}
