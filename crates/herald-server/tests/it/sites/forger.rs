//! Tokens that Herald never issued, signed by the very key that it signs with: whatever refuses them is not their
//! signature.

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use herald_core::{
    id::TenantId,
    seal::{Keyring, Place},
    store::Store,
};
use serde_json::{Value, json};

/// What the ring of a tenant's keys is called in the store.
const RING: &str = "signing-keys";

/// A token and the row of the threat table that it stands for.
pub(crate) type Row = (&'static str, String);

/// Has the key that signs a tenant's tokens, and one good token by it.
pub(crate) struct Forger {
    pair: EcdsaKeyPair,
    good: String,
    header: Value,
    claims: Value,
}

impl Forger {
    /// Takes the tenant's key out of the store.
    pub(crate) async fn of(store: &dyn Store, keyring: &Keyring, tenant: &str, good: &str) -> Self {
        let tenant = TenantId::parse(tenant).expect("an id");
        let row = store.secret(&tenant, RING).await.expect("the store").expect("the tenant has keys");
        let place = Place { tenant: Some(&tenant), kind: "secret", id: RING };
        let ring: Value = keyring.open_json(place, &row.body).expect("it was sealed by this key");
        let key = ring["value"]["current"]["pkcs8"].as_str().expect("a private key");
        let key = URL_SAFE_NO_PAD.decode(key).expect("base64url");
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key).expect("a key for ES256");
        let mut parts = good.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).expect("base64url"));
        let mut part = || serde_json::from_slice(&parts.next().expect("a part")).expect("JSON");
        Self { pair, good: good.to_owned(), header: part(), claims: part() }
    }

    /// The good token, signed anew. As nothing is wrong with it, it has to be good too.
    pub(crate) fn unchanged(&self) -> String {
        self.headed(|_| ())
    }

    /// The same under another header.
    pub(crate) fn headed(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut header = self.header.clone();
        change(&mut header);
        signed(&self.pair, &header.to_string(), &self.claims.to_string())
    }

    /// The same with other claims.
    fn claiming(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = self.claims.clone();
        change(&mut claims);
        signed(&self.pair, &self.header.to_string(), &claims.to_string())
    }

    /// None of these is good.
    pub(crate) fn bad(&self) -> Vec<Row> {
        [self.of_other_algorithms(), self.misshapen(), self.untimely(), self.for_others(), self.misleading()]
            .concat()
    }

    fn of_other_algorithms(&self) -> Vec<Row> {
        let mut rows: Vec<Row> =
            ["none", "None", "nOnE", "HS256", "RS256", "RS384", "PS256", "ES384", "EdDSA", "es256"]
                .map(|alg| ("B63", self.headed(|header| header["alg"] = json!(alg))))
                .to_vec();
        let claims = URL_SAFE_NO_PAD.encode(self.claims.to_string());
        let mut header = self.header.clone();
        header["alg"] = json!("none");
        rows.push(("B63 unsigned", format!("{}.{claims}.", URL_SAFE_NO_PAD.encode(header.to_string()))));
        // The public key, which everybody has, taken for a shared secret.
        header["alg"] = json!("HS256");
        let signed = format!("{}.{claims}", URL_SAFE_NO_PAD.encode(header.to_string()));
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.pair.public_key().as_ref());
        let tag = URL_SAFE_NO_PAD.encode(hmac::sign(&key, signed.as_bytes()));
        rows.push(("B63 public key as a secret", format!("{signed}.{tag}")));
        rows
    }

    /// Forms and signatures.
    fn misshapen(&self) -> Vec<Row> {
        let good = &self.good;
        let parts: Vec<&str> = good.split('.').collect();
        let [header, claims, signature] = parts[..] else { panic!("three parts") };
        let flipped = if signature.starts_with('A') { "B" } else { "A" };
        vec![
            ("B64 two parts", format!("{header}.{claims}")),
            ("B64 four parts", format!("{good}.")),
            ("B64 padding", format!("{good}=")),
            ("B64 alphabet", format!("{header}.{claims}.+{}", &signature[1..])),
            ("B64 JSON", json!({ "payload": claims, "signature": signature }).to_string()),
            ("B64 20 KiB", format!("{good}{}", "A".repeat(20_000))),
            ("B69 no signature", format!("{header}.{claims}.")),
            ("B69 half a signature", good[..good.len() - signature.len() / 2].to_owned()),
            ("B69 one bit", format!("{header}.{claims}.{flipped}{}", &signature[1..])),
        ]
    }

    fn untimely(&self) -> Vec<Row> {
        let now = self.claims["iat"].as_i64().expect("a time");
        let times =
            |iat: Value, exp: Value| self.claiming(|claims| (claims["iat"], claims["exp"]) = (iat, exp));
        vec![
            ("B65 no exp", self.claiming(|claims| remove(claims, "exp"))),
            ("B65 exp a text", times(json!(now), json!((now + 600).to_string()))),
            ("B65 exp 1e300", times(json!(now), json!(1e300))),
            ("B65 exp -1", times(json!(-601), json!(-1))),
            ("B65 exp past 31 s", times(json!(now - 600), json!(now - 31))),
            ("B65 exp in the year 9999", times(json!(now), json!(253_402_300_799_i64))),
            ("B65 no iat", self.claiming(|claims| remove(claims, "iat"))),
            ("B65 iat +1 day", times(json!(now + 86_400), json!(now + 87_000))),
            ("B65 nbf +1 day", self.claiming(|claims| claims["nbf"] = json!(now + 86_400))),
        ]
    }

    /// Issuer, audience and session.
    fn for_others(&self) -> Vec<Row> {
        let (iss, aud) = (
            self.claims["iss"].as_str().expect("an issuer"),
            self.claims["aud"].as_str().expect("an audience"),
        );
        let member = |name: &str, value: Value| self.claiming(|claims| claims[name] = value);
        let claims = self.claims.to_string();
        let twice = format!("{{\"aud\":\"{aud}\",{}", &claims[1..]);
        vec![
            ("B66 no iss", self.claiming(|claims| remove(claims, "iss"))),
            ("B66 iss a number", member("iss", json!(1))),
            ("B66 iss an array", member("iss", json!([iss]))),
            ("B66 iss with a slash", member("iss", json!(format!("{iss}/")))),
            ("B66 iss over http", member("iss", json!(iss.replace("https:", "http:")))),
            ("B67 no aud", self.claiming(|claims| remove(claims, "aud"))),
            ("B67 aud a number", member("aud", json!(1))),
            ("B67 aud another", member("aud", json!("https://other.example"))),
            ("B67 aud in upper case", member("aud", json!(aud.to_uppercase()))),
            ("B67 aud twice", signed(&self.pair, &self.header.to_string(), &twice)),
            ("another session", member("sid", json!("ses_00000000000000000000000001"))),
            ("no session", self.claiming(|claims| remove(claims, "sid"))),
        ]
    }

    /// What a header says beside the algorithm.
    fn misleading(&self) -> Vec<Row> {
        let member = |name: &str, value: Value| self.headed(|header| header[name] = value);
        let header = self.header.to_string();
        let twice = format!("{{\"kid\":\"x\",{}", &header[1..]);
        // A stranger signs, under the good key's id, and brings the key along or says where it is.
        let stranger = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
        let (x, y) = stranger.public_key().as_ref()[1..].split_at(32);
        let [x, y] = [x, y].map(|half| URL_SAFE_NO_PAD.encode(half));
        let strange = |name: &str, value: Value| {
            let mut header = self.header.clone();
            header[name] = value;
            signed(&stranger, &header.to_string(), &self.claims.to_string())
        };
        vec![
            ("B68 crit", member("crit", json!(["exp"]))),
            ("B68 no kid", self.headed(|header| remove(header, "kid"))),
            ("B68 kid null", member("kid", Value::Null)),
            ("B68 kid of 1 KiB", member("kid", json!("k".repeat(1024)))),
            ("B68 kid of nobody", member("kid", json!("../../x"))),
            ("B68 kid twice", signed(&self.pair, &twice, &self.claims.to_string())),
            ("B68 typ logout+jwt", member("typ", json!("logout+jwt"))),
            ("B68 typ of what a site's application gets", member("typ", json!("herald-identity+jwt"))),
            ("B68 typ JWT", member("typ", json!("JWT"))),
            ("B68 no typ", self.headed(|header| remove(header, "typ"))),
            ("B68 jku of a stranger", strange("jku", json!("https://evil.example/keys"))),
            ("B68 jwk of a stranger", strange("jwk", json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y }))),
            ("B69 a stranger's signature", strange("alg", json!("ES256"))),
        ]
    }
}

fn remove(value: &mut Value, name: &str) {
    let found = value.as_object_mut().expect("an object").remove(name);
    assert!(found.is_some(), "{name} is not there anyway");
}

/// Any two texts as header and claims of a token.
fn signed(pair: &EcdsaKeyPair, header: &str, claims: &str) -> String {
    let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature = pair.sign(&SystemRandom::new(), signed.as_bytes()).expect("random bytes");
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}
