//! Sealing: what the store keeps is AES-256-GCM ciphertext bound to the place it belongs to, and what it looks up is a keyed hash.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hmac,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use crate::{clock::Entropy, id::TenantId, secret::Digest};

/// The text cannot be opened: sealed under a key we do not have, for another place, or damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a stored value cannot be opened with the encryption keys that are configured")]
pub struct CannotOpen;

/// Ciphertext: one version byte, four bytes that name the key, the nonce, the sealed bytes with their tag.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// The bytes, to store.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Bytes that came out of a store.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// Where a sealed value belongs: the additional data of the seal, so that a row copied elsewhere does not open.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The tenant, or nothing for what belongs to the whole installation.
    pub tenant: Option<&'a TenantId>,
    /// What kind of value it is, a fixed word.
    pub kind: &'static str,
    /// Which one of its kind.
    pub id: &'a str,
}

impl Place<'_> {
    fn aad(&self) -> Aad<Vec<u8>> {
        // Tenant and kind cannot contain `|`, so no two places read the same.
        let tenant = self.tenant.map_or("", TenantId::as_str);
        Aad::from(format!("herald|{tenant}|{}|{}", self.kind, self.id).into_bytes())
    }
}

const VERSION: u8 = 1;
const HEADER: usize = 1 + 4;

struct Key {
    name: [u8; 4],
    cipher: RandomizedNonceKey,
}

/// The encryption keys: the first seals, all open.
pub struct Keyring(Vec<Key>);

impl Keyring {
    /// A ring of these keys, the first of which seals. Empty or repeated keys are refused.
    pub fn new(keys: &[Zeroizing<[u8; 32]>]) -> Option<Self> {
        let ring: Vec<Key> = keys
            .iter()
            .map(|key| {
                let [a, b, c, d, ..] =
                    *Digest::of([b"herald key name ".as_slice(), key.as_slice()].concat()).as_bytes();
                let cipher = RandomizedNonceKey::new(&AES_256_GCM, key.as_slice()).ok()?;
                Some(Key { name: [a, b, c, d], cipher })
            })
            .collect::<Option<_>>()?;
        let is_unique =
            ring.iter().enumerate().all(|(i, key)| ring[..i].iter().all(|other| other.name != key.name));
        (is_unique && !ring.is_empty()).then_some(Self(ring))
    }

    /// Seals `plain` for `place`.
    pub fn seal(&self, place: Place<'_>, plain: &[u8]) -> Sealed {
        let key = &self.0[0];
        let mut text = plain.to_vec();
        let nonce = key
            .cipher
            .seal_in_place_append_tag(place.aad(), &mut text)
            .expect("a value far below the cipher's limit of 64 GiB can be sealed");
        let mut out = Vec::with_capacity(HEADER + NONCE_LEN + text.len());
        out.push(VERSION);
        out.extend_from_slice(&key.name);
        out.extend_from_slice(nonce.as_ref());
        out.extend_from_slice(&text);
        Sealed(out)
    }

    /// Opens what was sealed for `place`.
    pub fn open(&self, place: Place<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, CannotOpen> {
        let (header, rest) = sealed.0.split_at_checked(HEADER).ok_or(CannotOpen)?;
        let (nonce, text) = rest.split_at_checked(NONCE_LEN).ok_or(CannotOpen)?;
        if header[0] != VERSION {
            return Err(CannotOpen);
        }
        let key = self.0.iter().find(|key| key.name == header[1..]).ok_or(CannotOpen)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| CannotOpen)?;
        let mut text = Zeroizing::new(text.to_vec());
        let length = key.cipher.open_in_place(nonce, place.aad(), &mut text).map_err(|_| CannotOpen)?.len();
        text.truncate(length);
        Ok(text)
    }

    /// Seals a value as JSON.
    pub fn seal_json<T: Serialize>(&self, place: Place<'_>, value: &T) -> Sealed {
        let plain = Zeroizing::new(serde_json::to_vec(value).expect("our own records have string keys only"));
        self.seal(place, &plain)
    }

    /// Opens a value that was sealed as JSON. A shape this release does not know counts as damaged.
    pub fn open_json<T: DeserializeOwned>(&self, place: Place<'_>, sealed: &Sealed) -> Result<T, CannotOpen> {
        serde_json::from_slice(&self.open(place, sealed)?).map_err(|_| CannotOpen)
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keyring({} keys)", self.0.len())
    }
}

/// A keyed hash of something personal or secret, to find a row by without storing the thing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BlindIndex([u8; 32]);

impl BlindIndex {
    /// The bytes of the hash.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A hash that came out of a store.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Debug for BlindIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BlindIndex(…)")
    }
}

/// The secret of an installation's blind indexes; made once, kept sealed in its store.
pub struct Pepper(hmac::Key);

impl Pepper {
    /// How many random bytes it is made of.
    pub const LENGTH: usize = 32;

    /// Fresh random bytes for a pepper.
    pub fn generate(entropy: &dyn Entropy) -> Zeroizing<[u8; Self::LENGTH]> {
        let mut bytes = Zeroizing::new([0; Self::LENGTH]);
        entropy.fill(bytes.as_mut_slice());
        bytes
    }

    /// The pepper of these bytes.
    pub fn new(bytes: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// The index of `parts`, of one tenant and kind. Parts are length-prefixed, so no two lists hash alike.
    pub fn index(&self, tenant: Option<&TenantId>, kind: &'static str, parts: &[&str]) -> BlindIndex {
        let mut context = hmac::Context::with_key(&self.0);
        for part in [tenant.map_or("", TenantId::as_str), kind].iter().chain(parts) {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut out = [0; 32];
        out.copy_from_slice(context.sign().as_ref());
        BlindIndex(out)
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pepper(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(keys: &[u8]) -> Keyring {
        Keyring::new(&keys.iter().map(|&byte| Zeroizing::new([byte; 32])).collect::<Vec<_>>()).unwrap()
    }

    fn tenant(name: &str) -> TenantId {
        TenantId::parse(name).unwrap()
    }

    #[test]
    fn a_value_opens_only_in_its_own_place() {
        let (a, b) = (tenant("a"), tenant("b"));
        let here = Place { tenant: Some(&a), kind: "login", id: "1" };
        let ring = ring(&[1]);
        let sealed = ring.seal(here, b"hello");
        assert_eq!(ring.open(here, &sealed).unwrap().as_slice(), b"hello");
        for elsewhere in [
            Place { tenant: Some(&b), ..here },
            Place { tenant: None, ..here },
            Place { kind: "notification", ..here },
            Place { id: "2", ..here },
        ] {
            assert_eq!(ring.open(elsewhere, &sealed), Err(CannotOpen));
        }
    }

    #[test]
    fn the_first_key_seals_and_all_open() {
        let place = Place { tenant: None, kind: "x", id: "" };
        let old = ring(&[1]).seal(place, b"old");
        let both = ring(&[2, 1]);
        assert_eq!(both.open(place, &old).unwrap().as_slice(), b"old");
        assert!(ring(&[2]).open(place, &both.seal(place, b"new")).is_ok());
        assert_eq!(ring(&[2]).open(place, &old), Err(CannotOpen));
    }

    #[test]
    fn damage_is_noticed() {
        let place = Place { tenant: None, kind: "x", id: "" };
        let ring = ring(&[1]);
        let good = ring.seal(place, b"hello");
        for i in 0..good.0.len() {
            let mut bad = good.clone();
            bad.0[i] ^= 1;
            assert_eq!(ring.open(place, &bad), Err(CannotOpen), "byte {i}");
        }
        assert_eq!(ring.open(place, &Sealed(vec![1, 2])), Err(CannotOpen));
    }

    #[test]
    fn rings_without_or_with_repeated_keys_are_refused() {
        assert!(Keyring::new(&[]).is_none());
        assert!(Keyring::new(&[Zeroizing::new([1; 32]), Zeroizing::new([1; 32])]).is_none());
    }

    #[test]
    fn an_index_depends_on_tenant_kind_and_every_part() {
        let pepper = Pepper::new(&[7; 32]);
        let (a, b) = (tenant("a"), tenant("b"));
        let base = pepper.index(Some(&a), "k", &["x", "y"]);
        assert_eq!(base, pepper.index(Some(&a), "k", &["x", "y"]));
        assert_ne!(base, pepper.index(Some(&b), "k", &["x", "y"]));
        assert_ne!(base, pepper.index(Some(&a), "l", &["x", "y"]));
        assert_ne!(base, pepper.index(Some(&a), "k", &["xy", ""]));
    }
}
