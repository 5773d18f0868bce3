//! The keys that what is stored is sealed with.

use base64::{
    Engine as _,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use secrecy::ExposeSecret as _;
use zeroize::Zeroizing;

use crate::config::{Checker, Secret, secret::is_one_byte};

/// 32 random bytes that what is stored is sealed with.
pub type EncryptionKey = Zeroizing<[u8; 32]>;

/// Reads 32 bytes in base64, either alphabet, with or without padding.
pub fn decode_encryption_key(text: &str) -> Option<EncryptionKey> {
    let alphabet = if text.contains(['-', '_']) { &URL_SAFE } else { &STANDARD };
    let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let bytes = Zeroizing::new(GeneralPurpose::new(alphabet, config).decode(text).ok()?);
    let mut key = Zeroizing::new([0; 32]);
    (bytes.len() == key.len()).then(|| {
        key.copy_from_slice(&bytes);
        key
    })
}

/// A key that is none of the examples.
pub(super) fn checked(check: &mut Checker<'_>, secret: &Secret) -> Option<EncryptionKey> {
    let text = secret.resolve(check)?;
    let Some(key) = decode_encryption_key(text.expose_secret().trim()) else {
        check.fault("not 32 bytes in base64; `herald keys encryption` makes one");
        return None;
    };
    // 32 random bytes are all printable once in 10^14 times; a sentence that somebody typed always is.
    let is_typed = key.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    let is_counted = key.windows(2).all(|pair| pair[1] == pair[0].wrapping_add(1));
    if is_one_byte(key.as_slice()) || is_typed || is_counted {
        check.fault("this is an example value, not random bytes; `herald keys encryption` makes some");
        return None;
    }
    Some(key)
}
