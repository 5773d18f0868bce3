//! Random ids and secrets in the shapes that the providers use.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// `N` random bytes from the system.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // A system without randomness cannot serve anything; the sandbox has no caller to report that to.
    aws_lc_rs::rand::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

/// `prefix` and 32 random bytes as base64url: 43 characters.
pub(crate) fn token(prefix: &str) -> String {
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes::<32>()))
}

/// 16 random bytes as base64url: 22 characters.
pub(crate) fn short(prefix: &str) -> String {
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes::<16>()))
}

/// A random UUID (version 4).
pub(crate) fn uuid() -> String {
    uuid::Builder::from_random_bytes(bytes()).into_uuid().to_string()
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// SHA-256 as lower-case hex.
pub(crate) fn sha256_hex(data: &[u8]) -> String {
    hex(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, data).as_ref())
}

/// SHA-256 as base64url without padding: what PKCE's S256 compares.
pub(crate) fn sha256_base64url(data: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, data).as_ref())
}

/// An object id: seconds, five random bytes of this process' choice, a counter. Twenty-four hex characters that are
/// as guessable as the real ones.
pub(crate) fn object_id(unix: i64, counter: u64) -> String {
    let seconds = u32::try_from(unix).unwrap_or(u32::MAX);
    format!("{seconds:08x}{}{:06x}", hex(&bytes::<5>()), counter & 0x00ff_ffff)
}
