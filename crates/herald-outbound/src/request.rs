//! Building a request and sending it once.

use std::{fmt, marker::PhantomData, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use herald_core::{error::ProviderError, failpoint};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout, timeout_at},
};
use url::Url;

use crate::{call::Call, client::Inner, response::Response};

/// The most that is read of an answer's body.
pub(crate) const BODY_CAP: usize = 256 * 1024;
/// How long a request takes at most to reach a peer on the same machine, where failpoints are used.
const ON_THE_WAY: Duration = Duration::from_millis(30);

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST.
    Post,
}

impl From<Method> for reqwest::Method {
    fn from(method: Method) -> Self {
        match method {
            Method::Get => Self::GET,
            Method::Post => Self::POST,
        }
    }
}

/// Marks a request that may be sent again.
#[derive(Clone, Copy, Debug)]
pub enum Repeatable {}

/// Marks a request whose effect must not happen twice.
#[derive(Clone, Copy, Debug)]
pub enum OneShot {}

/// Which bound on calls under way a request counts against.
#[derive(Debug, Default)]
pub enum Lane {
    /// The client's own `max_in_flight`.
    #[default]
    Shared,
    /// Another bound; waits there for a free place.
    Own(Arc<Semaphore>),
    /// A place that the caller has taken already; given back when the call ends.
    Held(OwnedSemaphorePermit),
}

/// A request being built. What cannot be put on the wire (a line break in a header) shows when it is sent.
pub struct Request<Kind> {
    client: Arc<Inner>,
    call: Call,
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Option<Bytes>,
    timeout: Duration,
    lane: Lane,
    fault: Option<&'static str>,
    kind: PhantomData<fn() -> Kind>,
}

impl<Kind> Request<Kind> {
    pub(crate) fn new(client: Arc<Inner>, call: Call, method: Method, path: &[&str]) -> Self {
        let mut url = client.base_url.clone();
        // The empty ones and the dots would name another resource.
        let mut fault = path
            .iter()
            .any(|segment| matches!(*segment, "" | "." | ".."))
            .then_some("a segment of the path is empty or made of dots");
        match url.path_segments_mut() {
            Ok(mut segments) => {
                segments.pop_if_empty().extend(path);
            }
            Err(()) => fault = Some("the base address takes no path"),
        }
        Self {
            timeout: client.timeout,
            client,
            call,
            method,
            url,
            headers: HeaderMap::new(),
            body: None,
            lane: Lane::default(),
            fault,
            kind: PhantomData,
        }
    }

    /// Adds members to the query.
    #[must_use]
    pub fn query(mut self, members: &[(&str, &str)]) -> Self {
        self.url.query_pairs_mut().extend_pairs(members);
        self
    }

    /// Adds a header; `name` is in lower case.
    #[must_use]
    pub fn header(self, name: &'static str, value: &str) -> Self {
        self.add(name, value, false)
    }

    /// Adds a header that no log shows; `name` is in lower case.
    #[must_use]
    pub fn secret_header(self, name: &'static str, value: &SecretString) -> Self {
        self.add(name, value.expose_secret(), true)
    }

    /// Adds `Authorization: Bearer …`.
    #[must_use]
    pub fn bearer(self, token: &SecretString) -> Self {
        let value = format!("Bearer {}", token.expose_secret());
        self.add("authorization", &value, true)
    }

    /// Sets the body, and its content type.
    #[must_use]
    pub fn json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(body) => self.body = Some(body.into()),
            Err(_) => self.fault = Some("the body cannot be written as JSON"),
        }
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self
    }

    /// Sets the total time of this call.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets the bound that this call counts against.
    #[must_use]
    pub fn lane(mut self, lane: Lane) -> Self {
        self.lane = lane;
        self
    }

    /// Sends it once and reads the whole answer, whatever its status.
    ///
    /// Fails only where there is no whole answer; [`Response::error`] says what a status stands for.
    pub async fn send(mut self) -> Result<Response, ProviderError> {
        let started = Instant::now();
        let result = self.run(started).await;
        let status = result.as_ref().map_or(0, Response::status);
        let failure = result.as_ref().err().map(|error| error.kind().as_str());
        tracing::debug!(
            provider = self.call.provider.as_str(),
            operation = self.call.operation,
            status,
            failure,
            elapsed_ms = started.elapsed().as_millis(),
            "outbound call"
        );
        result
    }

    async fn run(&mut self, started: Instant) -> Result<Response, ProviderError> {
        if let Some(fault) = self.fault {
            return Err(self.call.unsendable(fault));
        }
        let deadline = started + self.timeout;
        // A place that comes later than this leaves no time to connect.
        let last_start = started + self.timeout.saturating_sub(self.client.connect);
        let places = match &self.lane {
            Lane::Shared => Some(Arc::clone(&self.client.places)),
            Lane::Own(places) => Some(Arc::clone(places)),
            Lane::Held(_) => None,
        };
        let _place = match places {
            None => None,
            Some(places) => match timeout_at(last_start, places.acquire_owned()).await {
                Ok(Ok(place)) => Some(place),
                Ok(Err(_)) | Err(_) => return Err(self.call.crowded()),
            },
        };
        let exchange = self.exchange();
        match timeout_at(deadline, exchange).await {
            Ok(result) => result,
            Err(_) => Err(self.call.late()),
        }
    }

    async fn exchange(&self) -> Result<Response, ProviderError> {
        let mut request =
            self.client.http.request(self.method.into(), self.url.clone()).headers(self.headers.clone());
        if let Some(body) = &self.body {
            request = request.body(body.clone());
        }
        let mut answer = self.awaited(request.send()).await.map_err(|error| self.call.headless(error))?;
        if self.call.is_one_shot {
            failpoint::pass("K7");
        }
        if answer.content_length().is_some_and(|length| length > BODY_CAP as u64) {
            return Err(self.call.oversized());
        }
        let mut body = BytesMut::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| self.call.broken(error))? {
            if body.len() + piece.len() > BODY_CAP {
                return Err(self.call.oversized());
            }
            body.extend_from_slice(&piece);
        }
        let status = answer.status().as_u16();
        let headers = std::mem::take(answer.headers_mut());
        Ok(Response::new(self.call.clone(), status, headers, body.freeze()))
    }

    /// The head of the answer. A failpoint lies where the request is surely out and its answer is not there: nothing says when
    /// the last byte has left, so it is passed by whatever takes longer than the way there does.
    async fn awaited(
        &self,
        sending: impl Future<Output = reqwest::Result<reqwest::Response>>,
    ) -> reqwest::Result<reqwest::Response> {
        if !cfg!(feature = "failpoints") || !self.call.is_one_shot {
            return sending.await;
        }
        let mut sending = std::pin::pin!(sending);
        if let Ok(answer) = timeout(ON_THE_WAY, &mut sending).await {
            return answer;
        }
        failpoint::pass("K6");
        sending.await
    }

    fn add(mut self, name: &'static str, value: &str, is_secret: bool) -> Self {
        match HeaderValue::from_str(value) {
            Ok(mut value) => {
                value.set_sensitive(is_secret);
                self.headers.append(name, value);
            }
            Err(_) => self.fault = Some("a header's value has a character that no header may have"),
        }
        self
    }
}

impl<Kind> fmt::Debug for Request<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("call", &self.call)
            .field("method", &self.method)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
