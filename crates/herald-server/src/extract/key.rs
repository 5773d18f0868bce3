//! Who calls: the API key, and whether it carries the scope.

use std::sync::Arc;

use actix_web::{
    HttpMessage as _, HttpRequest,
    http::header::{AUTHORIZATION, HeaderMap},
};
use herald_app::{Herald, LimitReached, Scope, Tenant};
use herald_core::secret::{AdminKey, ApiKey};

use crate::{
    http_settings::HttpSettings,
    problem::{ErrorCode, Problem},
    rate_limit,
};

/// The tenant that the request's key belongs to, if the key carries `scope` and the tenant has not called too often.
///
/// The same answer for a missing, malformed, unknown and withdrawn key. The tenant's id is left in the request's extensions
/// for the request log.
pub(super) async fn admit(
    request: &HttpRequest,
    herald: &Herald,
    scope: Scope,
) -> Result<Arc<Tenant>, Problem> {
    let tenant = authorize(request, herald, scope)?;
    if let Some(standing) = herald.limits().call(&tenant).await {
        rate_limit::note(request, standing);
        if !standing.taken.is_allowed {
            return Err(LimitReached(standing).into());
        }
    }
    Ok(tenant)
}

fn authorize(request: &HttpRequest, herald: &Herald, scope: Scope) -> Result<Arc<Tenant>, Problem> {
    let unauthenticated = || Problem::new(ErrorCode::Unauthenticated, "A valid API key is required.");
    let key = bearer(request.headers(), ApiKey::is_shaped).ok_or_else(unauthenticated)?;
    let (tenant, scopes) = herald.tenants().authenticate(key).ok_or_else(unauthenticated)?;
    request.extensions_mut().insert(tenant.id.clone());
    if !scopes.contains(scope) {
        let detail = format!("The API key lacks the scope `{}`.", scope.as_str());
        return Err(Problem::new(ErrorCode::InsufficientScope, detail));
    }
    Ok(tenant)
}

/// The name of the operator whose key the request has; the same answer for whatever else it has.
pub(super) fn operator(request: &HttpRequest, settings: &HttpSettings) -> Result<String, Problem> {
    let key = bearer(request.headers(), AdminKey::is_shaped);
    let operator = key.and_then(|key| settings.operator(key)).map(str::to_owned);
    operator
        .ok_or_else(|| Problem::new(ErrorCode::Unauthenticated, "A valid key of an operator is required."))
}

/// What has this shape in `Authorization: Bearer …`; nothing else is looked at any further.
fn bearer(headers: &HeaderMap, is_shaped: fn(&str) -> bool) -> Option<&str> {
    let (scheme, key) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let key = key.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && is_shaped(key)).then_some(key)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_a_bearer_key_of_the_right_shape_is_looked_at() {
        let key = format!("hk_{}", "a".repeat(43));
        let seen = |value: String| {
            let request = TestRequest::default().insert_header((AUTHORIZATION, value)).to_http_request();
            bearer(request.headers(), ApiKey::is_shaped).map(str::to_owned)
        };
        assert_eq!(seen(format!("Bearer {key}")), Some(key.clone()));
        assert_eq!(seen(format!("bearer  {key}")), Some(key.clone()));
        for bad in [
            "Bearer".to_owned(),
            "Bearer ".to_owned(),
            format!("Basic {key}"),
            key.clone(),
            format!("Bearer {key}a"),
            format!("Bearer {key} x"),
            format!("Bearer hk_{}", "a".repeat(10_240)),
            format!("Bearer ha_{}", "a".repeat(43)),
        ] {
            assert_eq!(seen(bad.clone()), None, "{}", &bad[..bad.len().min(60)]);
        }
    }
}
