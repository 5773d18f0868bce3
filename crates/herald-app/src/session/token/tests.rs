//! What the tokens say, and which of them are believed.

use herald_core::{
    clock::SystemEntropy,
    id::{ConnectionId, LoginId, SessionId, SubjectId, TenantId},
    identity::{Attributes, Identity, Profile},
    jwt::{Algorithm, Rejected, SigningKey, Token, VerifyingKey},
    provider::{ProviderAccount, ProviderName},
    session::{Lifetime, RefreshChain, Session, SiteOrigin, Tether},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::tenant::SessionRules;

const BEGIN: Timestamp = Timestamp::constant(1_767_323_045, 0);
const ISSUER: &str = "https://herald.example/t/acme";

fn at(milliseconds: i64) -> Timestamp {
    BEGIN + SignedDuration::from_millis(milliseconds)
}

fn session() -> Session {
    let profile = Profile {
        user_key: "u1".to_owned(),
        name: Some("Anna Demo".to_owned()),
        given_name: None,
        family_name: None,
        preferred_username: None,
        email: Some("anna@demo.example".to_owned()),
        phone_number: None,
        amr: vec!["oob".to_owned()],
        authenticated_at: BEGIN - SignedDuration::from_secs(9),
        attributes: Attributes::default(),
    };
    let account = ProviderAccount { provider: ProviderName::ANTIRIUS, account: "app".to_owned() };
    Session {
        id: SessionId::from_u128(1),
        tenant: TenantId::parse("acme").unwrap(),
        login: LoginId::from_u128(2),
        subject: SubjectId::from_u128(3),
        identity: Identity { account, connection: ConnectionId::parse("main").unwrap(), profile },
        created_at: BEGIN,
        last_used_at: BEGIN,
        lifetime: Lifetime { idle_seconds: 3600, absolute_seconds: 3600 },
        tether: Tether::Refresh(RefreshChain::start(&SystemEntropy)),
        end: None,
    }
}

fn minted(now: Timestamp) -> AccessClaims {
    mint(&session(), &SessionRules::default(), ISSUER, now, &SystemEntropy)
}

fn reading(
    token: &str,
    key: &VerifyingKey,
    issuer: &str,
    audience: &str,
    now: Timestamp,
) -> Result<AccessClaims, Rejected> {
    read(&Token::take_apart(token)?, key, issuer, audience, now)
}

fn read_at(token: &str, key: &SigningKey, now: Timestamp) -> Result<AccessClaims, Rejected> {
    reading(token, key.verifying_key(), ISSUER, ISSUER, now)
}

#[test]
fn an_access_token_has_these_claims() {
    let claims = minted(at(400));
    let mut json = serde_json::to_value(&claims).unwrap();
    let jti = json.as_object_mut().unwrap().remove("jti").unwrap();
    assert_eq!(jti.as_str().map(str::len), Some(26));
    let expected = json!({
        "iss": ISSUER, "aud": ISSUER, "sub": SubjectId::from_u128(3).to_string(),
        "sid": SessionId::from_u128(1).to_string(), "client_id": "acme",
        "iat": 1_767_323_045, "exp": 1_767_323_645, "auth_time": 1_767_323_036,
        "amr": ["oob"], "provider": "antirius", "connection": "main",
    });
    assert_eq!(json, expected);
    assert_eq!(claims.expires_in_seconds(), 600);
    assert_ne!(claims.jti, minted(at(400)).jti);
}

#[test]
fn what_is_not_known_is_not_claimed() {
    let mut session = session();
    session.identity.profile.amr.clear();
    session.identity.profile.name = None;
    let access = mint(&session, &SessionRules::default(), ISSUER, BEGIN, &SystemEntropy);
    assert!(serde_json::to_value(access).unwrap().get("amr").is_none());
    let site = SiteOrigin::of(&"https://app.acme.example".parse().unwrap()).unwrap();
    let identity = IdentityClaims::of(&session, &site, ISSUER, BEGIN);
    assert!(serde_json::to_value(identity).unwrap().get("name").is_none());
}

#[test]
fn the_tenants_audience_takes_the_place_of_the_issuer() {
    let rules = SessionRules { audience: Some("https://api.acme.example".to_owned()), ..Default::default() };
    let claims = mint(&session(), &rules, ISSUER, BEGIN, &SystemEntropy);
    assert_eq!((&*claims.iss, &*claims.aud), (ISSUER, "https://api.acme.example"));
}

#[test]
fn no_token_outlives_its_session() {
    let late = at(3_590_500);
    let claims = minted(late);
    assert_eq!((claims.exp, claims.expires_in_seconds()), (at(3_600_000).as_second(), 10));
    let site = SiteOrigin::of(&"https://app.acme.example".parse().unwrap()).unwrap();
    let identity = IdentityClaims::of(&session(), &site, ISSUER, late);
    assert_eq!(identity.exp, at(3_600_000).as_second());
}

#[test]
fn an_identity_token_is_for_one_site_and_one_minute() {
    let site = SiteOrigin::of(&"https://app.acme.example:8443/.herald".parse().unwrap()).unwrap();
    let claims = IdentityClaims::of(&session(), &site, ISSUER, BEGIN);
    let expected = json!({
        "iss": ISSUER, "aud": "https://app.acme.example:8443", "sub": SubjectId::from_u128(3).to_string(),
        "sid": SessionId::from_u128(1).to_string(), "provider": "antirius", "connection": "main",
        "name": "Anna Demo", "iat": 1_767_323_045, "exp": 1_767_323_105,
    });
    assert_eq!(serde_json::to_value(&claims).unwrap(), expected);
    assert!(!format!("{claims:?}").contains("Anna"));
}

#[test]
fn a_token_is_read_until_it_is_over_and_not_a_moment_longer() {
    for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
        let key = SigningKey::generate(algorithm);
        let claims = minted(at(0));
        let token = key.sign(TYP, &claims);
        assert_eq!(read_at(&token, &key, at(0)), Ok(claims.clone()));
        assert_eq!(read_at(&token, &key, at(599_999)), Ok(claims));
        assert!(read_at(&token, &key, at(600_000)).is_err());
        // The clock of the replica that made it is ahead of ours.
        assert!(read_at(&token, &key, at(-5_000)).is_ok());
        assert!(read_at(&token, &key, at(-5_001)).is_err());
    }
}

#[test]
fn a_token_of_another_kind_key_issuer_audience_or_life_is_refused() {
    let key = SigningKey::generate(Algorithm::Es256);
    let claims = minted(BEGIN);
    assert!(read_at(&key.sign("application/AT+JWT", &claims), &key, BEGIN).is_ok());
    for typ in ["JWT", "", IDENTITY_TYP, "logout+jwt", "at+jwt "] {
        assert!(read_at(&key.sign(typ, &claims), &key, BEGIN).is_err(), "{typ:?}");
    }
    let token = key.sign(TYP, &claims);
    for other in [Algorithm::Es256, Algorithm::EdDsa].map(SigningKey::generate) {
        assert!(read_at(&token, &other, BEGIN).is_err());
    }
    let public = key.verifying_key();
    assert!(reading(&token, public, "https://herald.example/t/other", ISSUER, BEGIN).is_err());
    assert!(reading(&token, public, ISSUER, "https://api.acme.example", BEGIN).is_err());
    let long = AccessClaims { exp: claims.exp + 1, ..claims };
    assert!(read_at(&key.sign(TYP, &long), &key, BEGIN).is_err());
}

#[test]
fn a_token_without_one_of_its_claims_is_refused() {
    let key = SigningKey::generate(Algorithm::Es256);
    let whole = serde_json::to_value(minted(BEGIN)).unwrap();
    let Value::Object(members) = &whole else { panic!("claims are an object") };
    assert_eq!(members.len(), 12);
    for name in members.keys().filter(|name| *name != "amr") {
        let mut part = members.clone();
        part.remove(name);
        assert!(read_at(&key.sign(TYP, &part), &key, BEGIN).is_err(), "{name}");
    }
}
