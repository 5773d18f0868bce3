//! The providers and their operations: the names under which requests are counted and faults are set.

use serde::{Deserialize, Serialize};

/// One of the three simulated providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// OAuth 2.0 with PKCE, slugs, messages by slug.
    Antara,
    /// Login through messengers, messages by phone.
    Antirius,
    /// Cookie sessions on an origin of one's own.
    Authara,
}

/// What a request asks of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Antara: `GET /.well-known/openid-configuration`.
    Discovery,
    /// Antara: `GET /oauth/authorize`.
    Authorize,
    /// Antara: `GET` and `POST /oauth/consent`.
    Consent,
    /// Antara: `POST /oauth/token`.
    Token,
    /// Antara: `POST /auth/introspect`.
    Introspect,
    /// Antara: `GET /oauth/userinfo`.
    Userinfo,
    /// Antara: `GET /auth/me`.
    Me,
    /// Antara: `POST /app/v1/identity/lookup`.
    Lookup,
    /// Antara: `POST /auth/token/exchange`.
    Exchange,
    /// Antara: `POST /auth/client-token`.
    ClientToken,
    /// Antara: `POST /app/v1/messages`. Antirius: `POST /api/v1/message/send`.
    Send,
    /// Antara: `POST /app/v1/webhooks`.
    RegisterWebhook,
    /// Antirius: `POST /api/v1/auth/session`.
    Begin,
    /// Antirius: a poll with `type=status`, on either of its two addresses.
    Status,
    /// Antirius: a poll with `type=full` or without a type.
    Full,
    /// Antirius: `GET /.well-known/jwks.json`.
    Jwks,
    /// Antirius: `GET /login/{app_id}`.
    Hosted,
    /// Antirius: the sandbox's messenger, `/messenger/{session}`.
    Messenger,
    /// Authara: `GET /auth/login`.
    LoginPage,
    /// Authara: `POST /auth/login`.
    LoginForm,
    /// Authara: `GET /auth/api/v1/csrf`.
    Csrf,
    /// Authara: `POST /auth/api/v1/login`.
    Login,
    /// Authara: `GET /auth/api/v1/user`.
    User,
    /// Authara: `POST /auth/api/v1/sessions/refresh`.
    Refresh,
    /// Authara: `POST /auth/api/v1/tokens/refresh`.
    TokenRefresh,
    /// Authara: both logout addresses.
    Logout,
}

/// Which operation a request is; `None` for the control API, the shop, the proxy and unknown paths.
pub(crate) fn classify(method: &str, path: &str, query: &str) -> Option<(Provider, Operation)> {
    use Operation as O;
    use Provider::{Antara, Antirius, Authara};
    let found = match (method, path) {
        ("GET", "/.well-known/openid-configuration") => (Antara, O::Discovery),
        ("GET", "/oauth/authorize") => (Antara, O::Authorize),
        (_, "/oauth/consent") => (Antara, O::Consent),
        ("POST", "/oauth/token") => (Antara, O::Token),
        ("GET", "/oauth/userinfo") => (Antara, O::Userinfo),
        ("POST", "/auth/introspect") => (Antara, O::Introspect),
        ("GET", "/auth/me") => (Antara, O::Me),
        ("POST", "/auth/token/exchange") => (Antara, O::Exchange),
        ("POST", "/auth/client-token") => (Antara, O::ClientToken),
        ("POST", "/app/v1/identity/lookup") => (Antara, O::Lookup),
        ("POST", "/app/v1/messages") => (Antara, O::Send),
        ("POST", "/app/v1/webhooks") => (Antara, O::RegisterWebhook),
        ("GET", "/.well-known/jwks.json") => (Antirius, O::Jwks),
        ("POST", "/api/v1/auth/session") => (Antirius, O::Begin),
        ("POST", "/api/v1/message/send") => (Antirius, O::Send),
        ("GET", "/api/v1/widget/session/status") => (Antirius, poll_kind(query)),
        ("GET", path) if path.starts_with("/api/v1/auth/session/") => (Antirius, poll_kind(query)),
        (_, path) if path.starts_with("/messenger/") => (Antirius, O::Messenger),
        ("GET", path) if path.starts_with("/login/") => (Antirius, O::Hosted),
        ("GET", "/auth/login") => (Authara, O::LoginPage),
        ("POST", "/auth/login") => (Authara, O::LoginForm),
        ("GET", "/auth/api/v1/csrf") => (Authara, O::Csrf),
        ("POST", "/auth/api/v1/login") => (Authara, O::Login),
        ("GET", "/auth/api/v1/user") => (Authara, O::User),
        ("POST", "/auth/api/v1/sessions/refresh") => (Authara, O::Refresh),
        ("POST", "/auth/api/v1/tokens/refresh") => (Authara, O::TokenRefresh),
        ("POST", "/auth/api/v1/sessions/logout" | "/auth/sessions/logout") => (Authara, O::Logout),
        _ => return None,
    };
    Some(found)
}

/// Antirius' rule: `type` left out is `full`, `issue_token=0` is an old alias of `type=status`.
pub(crate) fn is_status_poll(query: &str) -> bool {
    let pairs = || url::form_urlencoded::parse(query.as_bytes());
    match pairs().find(|(name, _)| name == "type") {
        Some((_, kind)) => kind == "status",
        None => pairs().any(|(name, value)| name == "issue_token" && value == "0"),
    }
}

fn poll_kind(query: &str) -> Operation {
    if is_status_poll(query) { Operation::Status } else { Operation::Full }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_without_a_type_counts_as_full() {
        let session = "/api/v1/auth/session/683f1a2b3c4d5e6f7a8b9c0d";
        let kind = |query| classify("GET", session, query).map(|(_, operation)| operation);
        assert_eq!(kind(""), Some(Operation::Full));
        assert_eq!(kind("poll=true"), Some(Operation::Full));
        assert_eq!(kind("type=status&poll=true"), Some(Operation::Status));
        assert_eq!(kind("issue_token=0"), Some(Operation::Status));
        assert_eq!(kind("issue_token=0&type=full"), Some(Operation::Full));
    }
}
