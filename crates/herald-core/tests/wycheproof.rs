//! The signature vectors of project Wycheproof: every primitive that verifies tokens, against forgeries and corner cases.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use herald_core::jwt::VerifyingKey;
use wycheproof::{TestResult, ecdsa, eddsa, mac, rsa_pkcs1_verify as rsa};

/// How many vectors were accepted and how many refused.
#[derive(Debug, Default)]
struct Tally {
    accepted: usize,
    refused: usize,
}

impl Tally {
    fn check(&mut self, id: usize, result: TestResult, verdict: bool) {
        let expected = match result {
            TestResult::Valid => true,
            // What a verifier may take or leave is left. In these sets: RSA signatures whose algorithm identifier lacks
            // its NULL (RFC 8017, 9.2).
            TestResult::Invalid | TestResult::Acceptable => false,
        };
        assert_eq!(verdict, expected, "vector {id}");
        if verdict {
            self.accepted += 1;
        } else {
            self.refused += 1;
        }
    }

    /// Neither kind may be missing: a verifier that says the same to all would pass.
    fn ran(&self, count: usize) {
        assert!(self.accepted > 0 && self.refused > 0, "{self:?}");
        assert_eq!(self.accepted + self.refused, count, "{self:?}");
    }
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn hmac_sha256() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let (mut tally, mut refused_keys, mut truncated) = (Tally::default(), 0, 0);
    for group in &set.test_groups {
        for test in &group.tests {
            let Ok(key) = VerifyingKey::hs256(&test.key) else {
                assert!(test.key.len() < 32, "vector {}", test.tc_id);
                refused_keys += 1;
                continue;
            };
            let verdict = key.is_signature(&test.msg, &test.tag);
            if group.tag_size == 256 {
                tally.check(test.tc_id, test.result, verdict);
            } else {
                // A tag cut short is a good one of another algorithm; a token's is always whole.
                assert!(!verdict, "vector {}", test.tc_id);
                truncated += 1;
            }
        }
    }
    assert!(refused_keys > 0 && truncated > 0);
    tally.ran(set.number_of_tests - refused_keys - truncated);
}

#[test]
fn rsa_pkcs1_sha256() {
    for name in [rsa::TestName::Rsa2048Sha256, rsa::TestName::Rsa3072Sha256, rsa::TestName::Rsa4096Sha256] {
        let set = rsa::TestSet::load(name).unwrap();
        let mut tally = Tally::default();
        for group in &set.test_groups {
            let key = VerifyingKey::rs256_from_jwk(&text(&group.key.n), &text(&group.key.e)).unwrap();
            for test in &group.tests {
                tally.check(test.tc_id, test.result, key.is_signature(&test.msg, &test.sig));
            }
        }
        tally.ran(set.number_of_tests);
    }
}

#[test]
fn ecdsa_p256_sha256() {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    let mut tally = Tally::default();
    for group in &set.test_groups {
        // An uncompressed point: 4, x, y.
        let (x, y) = group.key.key[1..].split_at(32);
        let key = VerifyingKey::es256_from_jwk(&text(x), &text(y)).unwrap();
        for test in &group.tests {
            tally.check(test.tc_id, test.result, key.is_signature(&test.msg, &test.sig));
        }
    }
    tally.ran(set.number_of_tests);
}

#[test]
fn ed25519() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let mut tally = Tally::default();
    for group in &set.test_groups {
        let key = VerifyingKey::eddsa_from_jwk(&text(&group.key.pk)).unwrap();
        for test in &group.tests {
            tally.check(test.tc_id, test.result, key.is_signature(&test.msg, &test.sig));
        }
    }
    tally.ran(set.number_of_tests);
}
