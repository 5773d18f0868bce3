//! What a credential is remembered under: itself. A digest of it would say the same, and cost more than all the rest of an answer
//! from memory.

use std::hash::{Hash, Hasher};

use quick_cache::Equivalent;
use secrecy::{ExposeSecret as _, SecretSlice};
use subtle::ConstantTimeEq as _;

/// Where a credential stood (a bearer token in a cookie is none), and the address of the site as configured at the moment: a
/// reload makes other sites of them all.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) is_cookie: bool,
    pub(super) site: usize,
}

/// A credential at a place, kept. Wiped when it is forgotten.
#[derive(Clone)]
pub(super) struct Key {
    credential: SecretSlice<u8>,
    place: Place,
}

/// The same, as a request brings it.
///
/// Its hash says only where to look: it is fast, under a key of this process, and proves nothing. What is found there counts if
/// it is the same credential, byte for byte.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) credential: &'a [u8],
    pub(super) place: Place,
}

impl Asked<'_> {
    pub(super) fn to_key(self) -> Key {
        Key { credential: self.credential.to_vec().into(), place: self.place }
    }
}

impl Key {
    fn as_asked(&self) -> Asked<'_> {
        Asked { credential: self.credential.expose_secret(), place: self.place }
    }
}

impl Hash for Asked<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.credential.hash(state);
        self.place.hash(state);
    }
}

impl PartialEq for Asked<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.place == other.place && is_same(self.credential, other.credential)
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_asked().hash(state);
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.as_asked() == other.as_asked()
    }
}

impl Eq for Key {}

impl Equivalent<Key> for Asked<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        *self == key.as_asked()
    }
}

/// Takes the same time wherever two credentials of one length differ.
fn is_same(one: &[u8], other: &[u8]) -> bool {
    // Every byte goes into one sum, many at a time: `subtle` on slices takes one after the other.
    let difference = || one.iter().zip(other).fold(0, |sum: u8, (one, other)| sum | (one ^ other));
    one.len() == other.len() && bool::from(difference().ct_eq(&0))
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher as _, RandomState};

    use super::*;

    const PLACE: Place = Place { is_cookie: true, site: 7 };

    #[test]
    fn a_credential_is_found_as_itself_and_nowhere_else() {
        let asked = Asked { credential: b"hss_credential", place: PLACE };
        let (key, hasher) = (asked.to_key(), RandomState::new());
        assert!(asked.equivalent(&key) && key == asked.to_key());
        assert_eq!(hasher.hash_one(asked), hasher.hash_one(&key));
        for place in [Place { is_cookie: false, ..PLACE }, Place { site: 8, ..PLACE }] {
            assert!(!Asked { place, ..asked }.equivalent(&key));
        }
        for credential in
            [&b""[..], b"hss_credentia", b"hss_credential1", b"Hss_credential", b"hss_credentiaL"]
        {
            assert!(!Asked { credential, ..asked }.equivalent(&key), "{}", credential.escape_ascii());
        }
    }

    #[test]
    fn one_bit_anywhere_makes_another_credential() {
        let credential: Vec<u8> = (0..=255).cycle().take(700).collect();
        let key = Asked { credential: &credential, place: PLACE }.to_key();
        for bit in 0..credential.len() * 8 {
            let mut other = credential.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!Asked { credential: &other, place: PLACE }.equivalent(&key), "bit {bit}");
        }
    }
}
