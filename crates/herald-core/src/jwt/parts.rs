//! A token taken apart: three parts of strict base64url, the first a header that says nothing which must be guessed at.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::strict_json;

/// The longest token that is looked at.
const LONGEST: usize = 16 * 1024;
/// The longest key id that is looked up.
const LONGEST_KID: usize = 128;

/// The token is no good; says why, for operators, and quotes nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Rejected(pub &'static str);

/// What a token says of itself before anything is verified. Good for looking up a key and for nothing else.
///
/// `jku`, `x5u`, `jwk` and `x5c` are not even read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The algorithm that it claims.
    pub alg: String,
    /// The id of its key: 1 to 128 visible ASCII characters, opaque.
    pub kid: Option<String>,
    /// Its type.
    pub typ: Option<String>,
}

/// Looks at a token's header: three parts of strict base64url, at most 16 KiB, no member twice, no `crit`.
pub fn peek(token: &str) -> Result<Header, Rejected> {
    Ok(Token::take_apart(token)?.header)
}

/// The claims of a token that nobody verified: only to guess whose it might be.
pub fn peek_claims<T: DeserializeOwned>(token: &str) -> Result<T, Rejected> {
    read(Token::take_apart(token)?.claims()?)
}

/// A token whose header is read, and whose claims and signature are not yet: nobody vouches for it.
pub struct Token<'a> {
    pub(super) header: Header,
    payload: &'a str,
    signature: &'a str,
    /// Header and payload as they were signed.
    pub(super) signed: &'a str,
}

impl<'a> Token<'a> {
    /// Takes a text apart, under the rules of [`peek`].
    pub fn take_apart(token: &'a str) -> Result<Self, Rejected> {
        if token.len() > LONGEST {
            return Err(Rejected("longer than 16 KiB"));
        }
        let not_three = Rejected("not three parts");
        let (signed, signature) = token.rsplit_once('.').ok_or(not_three)?;
        let (header, payload) = signed.split_once('.').ok_or(not_three)?;
        if payload.contains('.') {
            return Err(not_three);
        }
        let header = header_of(&object(header)?)?;
        Ok(Self { header, payload, signature, signed })
    }

    /// What it says of itself.
    pub fn header(&self) -> &Header {
        &self.header
    }

    pub(super) fn claims(&self) -> Result<Map<String, Value>, Rejected> {
        object(self.payload)
    }

    pub(super) fn signature(&self) -> Result<Vec<u8>, Rejected> {
        decode(self.signature)
    }
}

impl fmt::Debug for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({:?})", self.header)
    }
}

/// Claims in the shape that the caller wants.
pub(super) fn read<T: DeserializeOwned>(claims: Map<String, Value>) -> Result<T, Rejected> {
    serde_json::from_value(Value::Object(claims))
        .map_err(|_| Rejected("the claims are not of the expected shape"))
}

fn header_of(members: &Map<String, Value>) -> Result<Header, Rejected> {
    if members.contains_key("crit") {
        return Err(Rejected("an extension that must be understood is not"));
    }
    let text = |name| match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Rejected("a member of the header is not a string")),
    };
    let kid = text("kid")?;
    let is_plain = |kid: &String| {
        (1..=LONGEST_KID).contains(&kid.len()) && kid.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if kid.as_ref().is_some_and(|kid| !is_plain(kid)) {
        return Err(Rejected("the key id is too long or not visible ASCII"));
    }
    let alg = text("alg")?.ok_or(Rejected("no algorithm"))?;
    Ok(Header { alg, kid, typ: text("typ")? })
}

fn object(part: &str) -> Result<Map<String, Value>, Rejected> {
    strict_json::members(&decode(part)?)
        .map_err(|_| Rejected("no JSON object, or a member stands in it twice"))
}

/// No padding, and no bits that stand for nothing: each text decodes to other bytes.
fn decode(part: &str) -> Result<Vec<u8>, Rejected> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| Rejected("not base64url"))
}
