//! `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers): how the limits stand that a call counted against.

use actix_web::{
    Error, HttpMessage as _, HttpRequest,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::header::{HeaderMap, HeaderName, HeaderValue},
    middleware::Next,
};
use herald_app::Standing;

/// What each limit allows: `"tenant";q=600;w=60`.
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// What is left of each, and when all of it is there again: `"tenant";r=512;t=30`.
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Leaves with the request how the tenant's limit stands, for the answer.
pub(crate) fn note(request: &HttpRequest, standing: Standing) {
    request.extensions_mut().insert(Noted(standing));
}

#[derive(Clone, Copy)]
struct Noted(Standing);

/// Writes both headers for one limit.
pub(crate) fn tell(standing: &Standing, mut set: impl FnMut(HeaderName, Option<String>)) {
    let Standing { name, quota, taken } = standing;
    let name = name.as_str();
    set(RATE_LIMIT_POLICY, Some(format!("\"{name}\";q={};w={}", quota.limit, quota.period.as_secs())));
    let reset = taken.reset_after.as_secs() + u64::from(taken.reset_after.subsec_nanos() > 0);
    set(RATE_LIMIT, Some(format!("\"{name}\";r={};t={reset}", taken.remaining)));
}

/// Middleware: every answer to a call that was counted says how the tenant's limit stands, beside another one that was reached.
pub(crate) async fn add_rate_limits(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(request).await?;
    let noted = response.request().extensions().get::<Noted>().copied();
    if let Some(Noted(standing)) = noted {
        let headers = response.headers_mut();
        tell(&standing, |name, value| join(headers, name, value));
    }
    Ok(response)
}

/// Puts a member before those that the header has already, unless it is one of them.
fn join(headers: &mut HeaderMap, name: HeaderName, value: Option<String>) {
    let Some(value) = value else { return };
    let limit = value.split(';').next().unwrap_or_default();
    let whole = match headers.get(&name).and_then(|there| there.to_str().ok()) {
        Some(there) if there.split(';').next() == Some(limit) => return,
        Some(there) => format!("{value}, {there}"),
        None => value,
    };
    if let Ok(whole) = HeaderValue::try_from(whole) {
        headers.insert(name, whole);
    }
}

#[cfg(test)]
mod tests {
    use std::{num::NonZeroU32, time::Duration};

    use herald_app::LimitName;
    use herald_core::store::{Quota, Taken};

    use super::*;

    #[test]
    fn the_headers_are_those_of_the_draft_and_one_limit_is_told_once() {
        let standing = |name| Standing {
            name,
            quota: Quota { limit: NonZeroU32::new(600).unwrap(), period: Duration::from_secs(60) },
            taken: Taken {
                is_allowed: true,
                remaining: 512,
                reset_after: Duration::from_millis(29_001),
                retry_after: Duration::ZERO,
            },
        };
        let mut headers = HeaderMap::new();
        for name in [LimitName::Recipient, LimitName::Tenant, LimitName::Tenant] {
            tell(&standing(name), |name, value| join(&mut headers, name, value));
        }
        let told = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        assert_eq!(told("ratelimit"), Some("\"tenant\";r=512;t=30, \"recipient\";r=512;t=30"));
        assert_eq!(told("ratelimit-policy"), Some("\"tenant\";q=600;w=60, \"recipient\";q=600;w=60"));
    }
}
