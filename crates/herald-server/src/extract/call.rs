//! One call of an operation, with everything checked in the order that callers rely on.

use std::{future::Future, marker::PhantomData, pin::Pin, sync::Arc};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};
use herald_app::{Herald, Tenant};
use herald_core::clock::Clock;

use super::{
    framing,
    json::{FromJson, receive},
    key,
    parameters::{NoParameters, Parameters},
    scope::RequiredScope,
};
use crate::problem::{ErrorCode, Problem};

/// A call that may go on: the scope `S` is there, the parameters `P` and the body `B` are good.
///
/// The order of checks is framing, key, scope, parameters, body; what the operation itself finds comes after.
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
    async fn check(request: HttpRequest, payload: Payload) -> Result<Self, Problem> {
        framing::check(&request, B::IS_JSON)?;
        let herald = herald(&request)?;
        let tenant = key::authorize(&request, &herald, S::SCOPE)?;
        let parameters = P::read(&request, &tenant)?;
        let body = B::receive(payload, &**herald.clock()).await?;
        Ok(Self { herald, tenant, parameters, body, scope: PhantomData })
    }
}

fn herald(request: &HttpRequest) -> Result<Herald, Problem> {
    request.app_data::<Data<Herald>>().map(|herald| Herald::clone(herald)).ok_or_else(|| {
        Problem::new(ErrorCode::InternalError, "Something went wrong.")
            .caused_by("the use cases are not wired")
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
    /// Is there a JSON body?
    const IS_JSON: bool;

    /// Reads it.
    fn receive(payload: Payload, clock: &dyn Clock) -> impl Future<Output = Result<Self, Problem>>;
}

/// The operation has no body; what is sent as one is not looked at.
#[derive(Clone, Copy, Debug)]
pub struct NoBody;

impl Body for NoBody {
    const IS_JSON: bool = false;

    async fn receive(_: Payload, _: &dyn Clock) -> Result<Self, Problem> {
        Ok(Self)
    }
}

/// The operation's body is the JSON object `T`.
#[derive(Clone, Debug)]
pub struct JsonBody<T>(pub T);

impl<T: FromJson + 'static> Body for JsonBody<T> {
    const IS_JSON: bool = true;

    async fn receive(payload: Payload, clock: &dyn Clock) -> Result<Self, Problem> {
        receive(payload, clock).await.map(Self)
    }
}
