//! The one table of error codes: status, title, whether to try again, and what it means.
//!
//! A row is one error that callers can tell apart. Codes are for ever; `docs/errors.md` and the OpenAPI document are
//! generated from here.

/// What is fixed about one code.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The code as callers see it.
    pub code: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The title of the problem, the same in every answer with this code.
    pub title: &'static str,
    /// Can the very same request succeed later?
    pub is_retryable: bool,
    /// When it is answered, and what a caller does about it. Markdown, one line.
    pub description: &'static str,
}

macro_rules! codes {
    ($($variant:ident $status:literal $code:literal $retry:ident $title:literal $description:literal)*) => {
        /// Every error that callers can tell apart.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $(#[doc = $description] $variant,)*
        }

        impl ErrorCode {
            /// Every code, by status.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code's row in the table.
            pub const fn row(self) -> Row {
                match self {
                    $(Self::$variant => Row {
                        code: $code,
                        status: $status,
                        title: $title,
                        is_retryable: codes!(@ $retry),
                        description: $description,
                    },)*
                }
            }
        }
    };
    (@ retry) => { true };
    (@ no) => { false };
}

codes! {
    MalformedBody 400 "malformed_body" no "The body is not a JSON object"
        "The body is empty, no JSON, not UTF-8, nested too deeply, an array or a scalar, has a member twice, or holds more than 50,000 values."
    InvalidParameter 400 "invalid_parameter" no "A parameter is not valid"
        "A query parameter is unknown, repeated or out of its range, or a cursor is not one that this list gave out."
    InvalidHeader 400 "invalid_header" no "A header is not valid"
        "A header that may appear once appears twice."
    IdempotencyKeyRequired 400 "idempotency_key_required" no "An Idempotency-Key is required"
        "The operation needs the header `Idempotency-Key`, so that it can be repeated safely."
    IdempotencyKeyInvalid 400 "idempotency_key_invalid" no "The Idempotency-Key is not valid"
        "`Idempotency-Key` is not 1 to 255 visible ASCII characters, or was sent twice."
    Unauthenticated 401 "unauthenticated" no "No valid credential"
        "The header `Authorization: Bearer hk_…` is missing, malformed, or not a key of any tenant; under `/v1/admin` the same of `ha_…` and operators. At a site: nobody is signed in. At a hook: the signature is missing or wrong, or the notice is too old."
    InsufficientScope 403 "insufficient_scope" no "The API key lacks the scope"
        "The API key is good, but does not carry the scope that the operation needs."
    ClaimRefused 403 "claim_refused" no "The claim is refused"
        "The claim secret is not this login's, or its code is missing or wrong."
    RefreshRefused 403 "refresh_refused" no "The refresh is refused"
        "The refresh token or cookie is not good (any more), or its session has ended."
    UntrustedProxy 403 "untrusted_proxy" no "Not a proxy that may ask"
        "Forward auth: the peer is none of the server's trusted proxies, or the host is none of the sites'."
    CrossSiteRequest 403 "cross_site_request" no "Another site sent this request"
        "A request that may change something came with the site's cookie from a page of another origin."
    NotFound 404 "not_found" no "There is no such thing"
        "Nothing is at this address, or nothing that belongs to the key's tenant."
    MethodNotAllowed 405 "method_not_allowed" no "The method is not allowed here"
        "The address exists, the method does not; `Allow` lists those that do."
    RequestTimeout 408 "request_timeout" retry "The request took too long"
        "The body did not arrive within 10 seconds."
    LoginPending 409 "login_pending" retry "The login is not confirmed yet"
        "The person has not confirmed the login yet. Wait for it with `Prefer: wait`."
    LoginEnded 409 "login_ended" no "The login has ended"
        "The login ended without a claim; `login_status` says how. Start a new one."
    LoginClaimed 409 "login_claimed" no "The login is claimed"
        "The login was claimed before."
    NotCancellable 409 "not_cancellable" no "The notification cannot be cancelled"
        "The notification is being sent, or has an outcome already."
    NotRequeueable 409 "not_requeueable" no "The notification cannot be sent anew"
        "The notification is none that `failed`, is `unknown` or `expired`; or it is so old that its idempotency key would not outlive another try."
    NoNextConnection 409 "no_next_connection" no "There is no next connection"
        "The notification is on the last connection of its route, its time is over, or it is sent or being sent."
    BodyTooLarge 413 "body_too_large" no "The body is too large"
        "The body is larger than 64 KiB; that of a batch larger than 4 MiB."
    UnsupportedMediaType 415 "unsupported_media_type" no "The media type is not supported"
        "The body's `Content-Type` is not `application/json` in UTF-8, or it has a `Content-Encoding`."
    ValidationFailed 422 "validation_failed" no "The request is not valid"
        "Members of the body are missing, unknown, of the wrong type or out of range; `errors` points at each."
    ReturnUrlNotAllowed 422 "return_url_not_allowed" no "The return URL is not allowed"
        "`return_url` is not, byte for byte, one of the tenant's return URLs."
    ReturnUrlRequired 422 "return_url_required" no "A return URL is required"
        "The tenant does not allow logins without a `return_url`."
    UnknownConnection 422 "unknown_connection" no "There is no such connection"
        "The tenant has no connection of this name, or none by default."
    UnsupportedByProvider 422 "unsupported_by_provider" no "No connection can do this"
        "No connection of the route takes an address of this type."
    RecipientUnreachable 422 "recipient_unreachable" no "The recipient cannot be reached"
        "No connection of the route reaches this recipient."
    IdempotencyKeyReused 422 "idempotency_key_reused" no "The Idempotency-Key was used before"
        "The `Idempotency-Key` was used for another notification."
    RateLimited 429 "rate_limited" retry "Too many requests"
        "Too many requests, or too many that wait at the same time. Try again after `Retry-After`."
    InternalError 500 "internal_error" no "Something went wrong"
        "A fault of Herald. The log has it under the `request_id`."
    ProviderError 502 "provider_error" no "The provider reported an error"
        "The provider refused the call or made no sense; `provider_code` is its own code, where it is known."
    ProviderUnavailable 503 "provider_unavailable" retry "The provider is unavailable"
        "The provider cannot be reached or asks to slow down. Try again after `Retry-After`; without it, and with `retryable` false, nobody can know what the provider did, and the request is not to be sent again."
    StoreUnavailable 503 "store_unavailable" retry "The store is unavailable"
        "Herald cannot reach its store, and so answers nothing. Try again after `Retry-After`."
    ShuttingDown 503 "shutting_down" retry "The server is shutting down"
        "This server is about to stop and opens no streams any more. Try again after `Retry-After`."
    ProviderTimeout 504 "provider_timeout" retry "The provider did not answer in time"
        "The provider did not answer in time."
}

impl ErrorCode {
    /// The code as callers see it.
    pub const fn as_str(self) -> &'static str {
        self.row().code
    }

    /// The HTTP status.
    pub const fn status(self) -> u16 {
        self.row().status
    }

    /// The address that names the problem's type.
    pub fn type_url(self) -> String {
        format!("https://herald.example/problems/{}", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_unique_words_in_order_of_their_status() {
        let codes: BTreeSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), ErrorCode::ALL.len());
        assert!(codes.iter().all(|code| code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
        assert!(ErrorCode::ALL.is_sorted_by_key(|code| code.status()));
    }

    #[test]
    fn what_is_retryable_is_a_conflict_a_limit_a_timeout_or_an_outage() {
        let retryable: Vec<_> =
            ErrorCode::ALL.iter().filter(|code| code.row().is_retryable).map(|code| code.status()).collect();
        assert_eq!(retryable, [408, 409, 429, 503, 503, 503, 504]);
    }
}
