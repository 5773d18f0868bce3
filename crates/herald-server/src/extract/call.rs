//! One call of an operation, with everything checked in the order that callers rely on.

use std::{future::Future, marker::PhantomData, pin::Pin, sync::Arc};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use herald_app::{Herald, Tenant};
use herald_core::clock::Clock;

use super::{
    body::{USUAL_BODY, read_bytes},
    form::{FromForm, read_form},
    framing::{self, BodyFrame, MediaType},
    json::{FromJson, parse_object, read_body},
    key,
    parameters::{NoParameters, Parameters},
    scope::RequiredScope,
};
use crate::problem::{ErrorCode, Problem};

/// A call that may go on: the scope `S` is there, the parameters `P` and the body `B` are good.
///
/// The order of checks is framing, key, scope, rate, parameters, body; what the operation itself finds comes after.
pub struct Call<S, P = NoParameters, B = NoBody> {
    /// The use cases.
    pub herald: Herald,
    /// The tenant that the key belongs to.
    pub tenant: Arc<Tenant>,
    /// The operation's own headers and parameters.
    pub parameters: P,
    /// The body.
    pub body: B,
    scope: PhantomData<S>,
}

impl<S: RequiredScope, P: Parameters, B: Body> Call<S, P, B> {
    /// Checks a request, in this order.
    pub(super) async fn check(request: HttpRequest, payload: Payload) -> Result<Self, Problem> {
        framing::check(&request, B::FRAME)?;
        let herald = herald(&request)?;
        let tenant = key::admit(&request, &herald, S::SCOPE).await?;
        let parameters = P::read(&request, &tenant)?;
        let body = B::receive(payload, &**herald.clock()).await?;
        Ok(Self { herald, tenant, parameters, body, scope: PhantomData })
    }
}

/// The use cases.
pub(super) fn herald(request: &HttpRequest) -> Result<Herald, Problem> {
    shared::<Herald>(request).cloned()
}

/// What startup shares with every handler.
pub(super) fn shared<T: 'static>(request: &HttpRequest) -> Result<&T, Problem> {
    request.app_data::<Data<T>>().map(Data::get_ref).ok_or_else(|| {
        Problem::new(ErrorCode::InternalError, "Something went wrong.")
            .caused_by(format!("{} is not wired", std::any::type_name::<T>()))
    })
}

impl<S: RequiredScope, P: Parameters, B: Body> FromRequest for Call<S, P, B> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        Box::pin(Self::check(request.clone(), payload.take()))
    }
}

/// What an operation reads after its head.
pub trait Body: Sized + 'static {
    /// What the body is written in, and how large it may be, if there is one.
    const FRAME: Option<BodyFrame>;

    /// Reads it.
    fn receive(payload: Payload, clock: &dyn Clock) -> impl Future<Output = Result<Self, Problem>>;
}

/// The operation has no body; what is sent as one is not looked at.
#[derive(Clone, Copy, Debug)]
pub struct NoBody;

impl Body for NoBody {
    const FRAME: Option<BodyFrame> = None;

    async fn receive(_: Payload, _: &dyn Clock) -> Result<Self, Problem> {
        Ok(Self)
    }
}

/// The operation's body is the JSON object `T`.
#[derive(Clone, Debug)]
pub struct JsonBody<T>(pub T);

impl<T: FromJson + 'static> Body for JsonBody<T> {
    const FRAME: Option<BodyFrame> =
        Some(BodyFrame { media_type: MediaType::Json, largest: T::LARGEST_BODY });

    async fn receive(payload: Payload, clock: &dyn Clock) -> Result<Self, Problem> {
        let bytes = read_bytes(payload, T::LARGEST_BODY, clock).await?;
        let members =
            parse_object(&bytes).map_err(|malformed| Problem::new(ErrorCode::MalformedBody, malformed.0))?;
        read_body(members).map(Self).map_err(|faults| Problem::invalid().with_faults(faults))
    }
}

/// The operation's body is the form `T`.
#[derive(Clone, Debug)]
pub struct FormBody<T>(pub T);

impl<T: FromForm + 'static> Body for FormBody<T> {
    const FRAME: Option<BodyFrame> = Some(BodyFrame { media_type: MediaType::Form, largest: USUAL_BODY });

    async fn receive(payload: Payload, clock: &dyn Clock) -> Result<Self, Problem> {
        let bytes = read_bytes(payload, USUAL_BODY, clock).await?;
        read_form(&bytes).map(Self)
    }
}
