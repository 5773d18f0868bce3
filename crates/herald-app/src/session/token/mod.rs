//! What Herald signs about a session: access tokens for services, identity tokens for what stands behind a proxy.
//!
//! Both are JSON Web Tokens of one tenant's issuer. They differ in `typ`, so that neither passes for the other, and an identity
//! token is of no use outside the one request that it was made for.

mod access;
mod identity;
#[cfg(test)]
mod tests;

pub use access::{ACCESS_SECONDS, AccessClaims, TYP, is_one, mint, read};
pub use identity::{IDENTITY_SECONDS, IDENTITY_TYP, IdentityClaims};
