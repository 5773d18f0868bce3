//! What no route takes: 405 where the address exists under another method, else 404.

use actix_web::{
    Error, HttpRequest, HttpResponse,
    dev::ResourceDef,
    http::Method,
    web::{self, Data, ServiceConfig},
};
use utoipa::openapi::OpenApi;

use crate::{
    openapi,
    problem::{ErrorCode, OAuthError, Problem},
};

/// Addresses, and methods of addresses, that are not in the OpenAPI document.
pub const PAGES: &[(&str, &[Method])] = &[
    ("/t/{tenant}/.well-known/jwks.json", &[Method::HEAD]),
    ("/.well-known/oauth-authorization-server/t/{tenant}", &[Method::HEAD]),
    ("/openapi.json", &[Method::GET]),
    ("/docs", &[Method::GET]),
    ("/docs/{_:.*}", &[Method::GET]),
    ("/login/{id}", &[Method::GET, Method::HEAD]),
    ("/login/{id}/start", &[Method::GET, Method::HEAD]),
    ("/login/{id}/back", &[Method::GET, Method::HEAD]),
    ("/login/{id}/events", &[Method::GET, Method::HEAD]),
    ("/qr/{file}", &[Method::GET, Method::HEAD]),
    ("/callback/{tenant}/{connection}", &[Method::GET]),
    ("/callback/{tenant}/{connection}/{state}", &[Method::GET]),
    ("/start", &[Method::GET, Method::HEAD]),
    ("/logout", &[Method::POST]),
    ("/signed-out", &[Method::GET, Method::HEAD]),
    ("/hooks/{tenant}/{connection}", &[Method::POST]),
    ("/v1/forward-auth/nginx", &[Method::GET]),
    ("/v1/forward-auth/traefik", &[Method::GET]),
    ("/v1/forward-auth/caddy", &[Method::GET]),
];

/// Every address there is, and its methods.
#[derive(Clone)]
struct Addresses(Vec<(ResourceDef, Vec<Method>)>);

impl Addresses {
    /// Those of the document, so that no operation can be forgotten, and the pages.
    fn new(document: &OpenApi) -> Self {
        let operations = document.paths.paths.iter().map(|(path, item)| {
            let methods = [
                (Method::GET, &item.get),
                (Method::PUT, &item.put),
                (Method::POST, &item.post),
                (Method::DELETE, &item.delete),
                (Method::PATCH, &item.patch),
            ];
            let methods = methods.into_iter().filter(|(_, operation)| operation.is_some());
            (path.as_str(), methods.map(|(method, _)| method).collect())
        });
        let pages = PAGES.iter().map(|(path, methods)| (*path, methods.to_vec()));
        Self(operations.chain(pages).map(|(path, methods)| (ResourceDef::new(path), methods)).collect())
    }

    /// The methods that this path has; none for a path that does not exist.
    fn methods(&self, path: &str) -> Vec<&str> {
        let mut methods: Vec<&str> = self
            .0
            .iter()
            .filter(|(pattern, _)| pattern.is_match(path))
            .flat_map(|(_, methods)| methods.iter().map(Method::as_str))
            .collect();
        methods.sort_unstable();
        methods.dedup();
        methods
    }
}

/// Registers the fallback as the default service.
pub fn configure(config: &mut ServiceConfig) {
    config.app_data(Data::new(Addresses::new(&openapi::document()))).default_service(web::to(answer));
}

async fn answer(request: HttpRequest, addresses: Data<Addresses>) -> Result<HttpResponse, Error> {
    let methods = addresses.methods(request.path());
    if methods.is_empty() {
        return Err(Problem::new(ErrorCode::NotFound, "There is nothing at this address.").into());
    }
    let problem = Problem::new(ErrorCode::MethodNotAllowed, "This address does not have the method.")
        .allowing(methods.join(", "));
    // Whoever calls an endpoint of OAuth understands OAuth's errors only.
    let is_oauth = request.path().starts_with("/v1/oauth/");
    Err(if is_oauth { OAuthError::from(problem).into() } else { problem.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_the_methods_of_its_operations() {
        let addresses = Addresses::new(&openapi::document());
        assert_eq!(addresses.methods("/v1/logins"), ["GET", "POST"]);
        assert_eq!(addresses.methods("/v1/logins/log_1"), ["DELETE", "GET"]);
        assert_eq!(addresses.methods("/v1/logins/log_1/claim"), ["POST"]);
        assert_eq!(addresses.methods("/v1/sessions/end"), ["DELETE", "GET", "POST"]);
        assert_eq!(addresses.methods("/t/acme/.well-known/jwks.json"), ["GET", "HEAD"]);
        assert_eq!(addresses.methods("/docs/index.css"), ["GET"]);
        for nowhere in ["/", "/v1", "/v1/logins/", "//v1/logins", "/v1/logins/a/b", "/v2/logins"] {
            assert!(addresses.methods(nowhere).is_empty(), "{nowhere}");
        }
    }
}
