//! `docs/errors.md`, generated from the table.

use std::fmt::Write as _;

use super::ErrorCode;

/// The page that lists every error code, as Markdown.
///
/// It is committed as `docs/errors.md`; a test compares the two.
pub fn errors_markdown() -> String {
    let mut page = String::from(
        "# Errors\n\n\
         Generated from `crates/herald-server/src/problem/code.rs`; do not edit.\n\n\
         Every error of the API is an `application/problem+json` (RFC 9457) whose `code` is one of these, for ever. \
         `type` is `https://herald.example/problems/<code>`. `retryable` says whether the very same request can succeed \
         later; where `Retry-After` is known, `retry_after_seconds` repeats it. `request_id` is what the log has it under.\n\n\
         Under `/v1/oauth` the same is said as OAuth has it (RFC 6749): `error` and `error_description`, where `error` is \
         `invalid_request`, `invalid_client`, `insufficient_scope`, `temporarily_unavailable` or `server_error`.\n\n\
         | status | code | retryable | meaning |\n|---|---|---|---|\n",
    );
    for code in ErrorCode::ALL {
        let row = code.row();
        let retryable = if row.is_retryable { "yes" } else { "no" };
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| {} | `{}` | {retryable} | {} |", row.status, row.code, row.description);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_line() {
        let page = errors_markdown();
        for code in ErrorCode::ALL {
            assert!(page.contains(&format!("| `{}` |", code.as_str())), "{}", code.as_str());
        }
    }
}
