//! One line and two metrics for each request, and its id.
//!
//! The line names the route's pattern, never the path or the query: those carry ids, states and codes. The labels of the
//! metrics are made once for each route and worker, because making them anew costs more than many a request.
//!
//! Forward auth is asked for every request to a site. It is outside of the middleware, and notes its answers in a [`Tally`]:
//! they are counted like all others, but only trouble has a line.

use std::{
    cell::RefCell,
    collections::HashMap,
    future::{Ready, ready},
    rc::Rc,
    sync::Arc,
    time::Instant,
};

use actix_web::{
    Error, HttpMessage as _, HttpRequest,
    body::MessageBody,
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    http::{
        Method, StatusCode,
        header::{HeaderMap, HeaderName, HeaderValue},
    },
};
use futures_util::future::LocalBoxFuture;
use herald_core::{
    clock::{Clock, Entropy},
    id::TenantId,
};
use metrics::{Counter, Histogram};
use tracing::Instrument as _;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What stands for the pattern of a request that no route takes.
const UNMATCHED: &str = "unmatched";

/// The id of a request: the caller's `X-Request-Id` where it is 1 to 128 of `A–Z a–z 0–9 _ . -`, else a fresh UUID. In the
/// extensions of every request but those of forward auth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of a request with these headers.
    pub(crate) fn of(headers: &HeaderMap, clock: &dyn Clock, entropy: &dyn Entropy) -> Self {
        let is_good = |text: &&str| {
            (1..=128).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
        };
        if let Some(given) = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(is_good) {
            return Self(given.into());
        }
        let mut random = [0; 10];
        entropy.fill(&mut random);
        let millis = u64::try_from(clock.now().as_millisecond()).unwrap_or(0);
        let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
        Self(Arc::from(&*id.hyphenated().encode_lower(&mut Uuid::encode_buffer())))
    }

    /// Says the id in an answer.
    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::from_str(self.as_str()) {
            headers.insert(REQUEST_ID, value);
        }
    }
}

/// The middleware. Outermost, so that it sees every answer.
#[derive(Clone, Debug)]
pub struct RequestLog {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl RequestLog {
    /// Makes request ids of this time and randomness.
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { clock, entropy }
    }
}

impl<S, B> Transform<S, ServiceRequest> for RequestLog
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type InitError = ();
    type Transform = Logged<S>;
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(Logged { service, log: self.clone(), counts: Rc::default() }))
    }
}

/// A service whose requests are logged and counted.
#[derive(Debug)]
pub struct Logged<S> {
    service: S,
    log: RequestLog,
    counts: Rc<RefCell<Counts>>,
}

impl<S, B> Service<ServiceRequest> for Logged<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<B>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(service);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let started = Instant::now();
        let id = RequestId::of(request.headers(), self.log.clock.as_ref(), self.log.entropy.as_ref());
        let trace_id = trace_id(request.headers()).map(str::to_owned);
        request.extensions_mut().insert(id.clone());
        let counts = Rc::clone(&self.counts);
        let method = request.method().clone();
        let span = tracing::info_span!("request", request_id = id.as_str());
        let answer = self.service.call(request).instrument(span);
        Box::pin(async move {
            let mut result = answer.await;
            let (route, status, tenant) = match &mut result {
                Ok(response) => {
                    id.add_to(response.headers_mut());
                    let request = response.request();
                    let tenant = request.extensions().get::<TenantId>().cloned();
                    (request.match_pattern(), response.status().as_u16(), tenant)
                }
                Err(error) => (None, error.as_response_error().status_code().as_u16(), None),
            };
            let route = route.as_deref().unwrap_or(UNMATCHED);
            let done = Done::now(&method, route, status, started);
            done.write(&id, tenant.as_ref(), trace_id.as_deref());
            counts.borrow_mut().count(&done);
            result
        })
    }
}

/// The metrics of one worker for answers that do not pass through the middleware.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally(Rc<RefCell<Vec<(&'static str, Answers)>>>);

impl Tally {
    /// Counts an answer, and writes a line if it is trouble: refused, or a fault of ours. `id` is what the answer says.
    pub(crate) fn note(
        &self,
        request: &HttpRequest,
        route: &'static str,
        started: Instant,
        status: StatusCode,
        id: Option<&RequestId>,
    ) {
        let done = Done::now(request.method(), route, status.as_u16(), started);
        if let Some(id) = id
            && (status == StatusCode::FORBIDDEN || status.is_server_error())
        {
            done.write(id, None, trace_id(request.headers()));
        }
        let mut routes = self.0.borrow_mut();
        // There are a few, and to look at them all costs less than a hash.
        let known = routes.iter().position(|(known, _)| *known == route).unwrap_or_else(|| {
            routes.push((route, Answers::default()));
            routes.len() - 1
        });
        routes[known].1.count(&done);
    }
}

/// What is known of a request that was answered.
struct Done<'a> {
    method: &'static str,
    route: &'a str,
    status: u16,
    duration_seconds: f64,
}

impl<'a> Done<'a> {
    fn now(method: &Method, route: &'a str, status: u16, started: Instant) -> Self {
        let duration_seconds = started.elapsed().as_secs_f64();
        Self { method: method_word(method), route, status, duration_seconds }
    }

    fn write(&self, id: &RequestId, tenant: Option<&TenantId>, trace_id: Option<&str>) {
        let Self { method, route, status, duration_seconds } = *self;
        let (request_id, tenant) = (id.as_str(), tenant.map(TenantId::as_str));
        // The level of an event is a constant, so there are two.
        if status < 500 {
            tracing::info!(
                target: "herald::request",
                method, route, status, duration_seconds, request_id, tenant.id = tenant, trace_id, "request"
            );
        } else {
            tracing::warn!(
                target: "herald::request",
                method, route, status, duration_seconds, request_id, tenant.id = tenant, trace_id, "request"
            );
        }
    }
}

/// The metrics of one route, by method and status.
#[derive(Default)]
struct Answers(Vec<(&'static str, u16, Counter, Histogram)>);

impl std::fmt::Debug for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(method, status, ..)| (method, status))).finish()
    }
}

/// The metrics of one worker, by route.
#[derive(Default)]
struct Counts(HashMap<String, Answers>);

impl std::fmt::Debug for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Counts {
    fn count(&mut self, done: &Done<'_>) {
        if let Some(known) = self.0.get_mut(done.route) {
            return known.count(done);
        }
        self.0.entry(done.route.to_owned()).or_default().count(done);
    }
}

impl Answers {
    fn count(&mut self, done: &Done<'_>) {
        let Done { method, route, status, duration_seconds } = *done;
        let known = self.0.iter().position(|(m, s, ..)| *s == status && *m == method).unwrap_or_else(|| {
            let route = route.to_owned();
            let counter = metrics::counter!(
                "herald_http_requests_total",
                "method" => method, "route" => route.clone(), "status" => status.to_string()
            );
            let histogram = metrics::histogram!(
                "herald_http_request_duration_seconds",
                "method" => method, "route" => route
            );
            self.0.push((method, status, counter, histogram));
            self.0.len() - 1
        });
        let (.., counter, histogram) = &self.0[known];
        counter.increment(1);
        histogram.record(duration_seconds);
    }
}

/// The method as a label; what callers invent is one word.
fn method_word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

/// The trace id of a valid `traceparent` (W3C Trace Context).
fn trace_id(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get("traceparent")?.to_str().ok()?;
    let mut parts = value.split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    let is_zero = |text: &str| text.bytes().all(|b| b == b'0');
    let is_good = is_hex(version, 2)
        && version != "ff"
        && (version != "00" || parts.next().is_none())
        && is_hex(trace, 32)
        && !is_zero(trace)
        && is_hex(parent, 16)
        && !is_zero(parent)
        && is_hex(flags, 2);
    is_good.then_some(trace)
}

#[cfg(test)]
mod tests;
