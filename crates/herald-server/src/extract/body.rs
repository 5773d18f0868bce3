//! Reading a body off the connection: bounded in size and in time.

use actix_web::{dev::Payload, error::PayloadError, web::BytesMut};
use futures_util::StreamExt as _;
use herald_core::clock::Clock;
use jiff::SignedDuration;

use crate::problem::{ErrorCode, Problem};

/// The largest body of an operation that asks for no more, in bytes.
pub(super) const USUAL_BODY: usize = 64 * 1024;
/// How long a body may take to arrive, in seconds.
const BODY_SECONDS: i64 = 10;

/// Reads a body of at most `largest` bytes to its end.
pub(super) async fn read_bytes(
    payload: Payload,
    largest: usize,
    clock: &dyn Clock,
) -> Result<BytesMut, Problem> {
    let deadline = clock.now() + SignedDuration::from_secs(BODY_SECONDS);
    tokio::select! {
        biased;
        bytes = collect(payload, largest) => bytes,
        () = clock.sleep_until(deadline) => {
            Err(Problem::new(ErrorCode::RequestTimeout, "The body did not arrive within 10 seconds."))
        }
    }
}

async fn collect(mut payload: Payload, largest: usize) -> Result<BytesMut, Problem> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| broken(&error, largest))?;
        if bytes.len() + chunk.len() > largest {
            return Err(too_large(largest));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// The body is larger than that many bytes.
pub(super) fn too_large(largest: usize) -> Problem {
    Problem::new(ErrorCode::BodyTooLarge, format!("The body is larger than {} KiB.", largest / 1024))
}

fn broken(error: &PayloadError, largest: usize) -> Problem {
    match error {
        PayloadError::Overflow => too_large(largest),
        _ => Problem::new(ErrorCode::MalformedBody, "The body ended too early or was framed wrongly."),
    }
}
