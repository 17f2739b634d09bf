//! Tokens that the issuer never signed, made the ways that have worked against others.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{
    KeyPair, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RsaKeyPair, RsaPublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use super::forge::{Signer, encode, unsigned};
use super::issuer::Issuer;
use super::*;

/// A key of 1024 bits, whose other half is gone, and a token that it really signed.
const SMALL_MODULUS: &str = "0qnbdrBdFxqtwvEx6rqXuHz57AFJvwh3sfjAWCuR9TJrUlvbiU8irMEKTmX22URvU3gBPgbpZ3OFHcprSaTO6m2bDaMb5-A9y6So93bh8UuPAPiNeHCZFOGrMd2IPbilyPeP0bXqRaHQFHIkUGrawaxxtpEqVy7zgCr6gzW7B2s";
const SMALL_MESSAGE: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6InNtYWxsIn0.eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUuY29tL3JlYWxtcy9hY21lIiwiYXVkIjoiaGFuZG9mZiIsImV4cCI6MTgwMDAwMDMwMH0";
const SMALL_SIGNATURE: &str = "jQ2ehoWdAxN8iQWATE-cD8RTJGDGZ8JdifwbmJq-pfYp5V_wOhU1TW6AQ_AZ1iNrrpRdCUNcx36NWjatCmYZP7APZOUtl_tGynBqjUDqwCrPTPQOOf56CHD0PldH0-JE3XhMODqaw15a3-nbYiZVR8lJDuldM93dELblA9Qo5r4";

#[tokio::test]
async fn alg_none_in_all_spellings() {
    let tokens = judge(&[Signer::ed25519().jwk("one")]).await;
    for alg in ["none", "None", "NONE", "nOnE", " none", "none\0", "nonе", "", "null"] {
        for signature in ["", "AA", "e30"] {
            for header in [json!({ "alg": alg }), json!({ "alg": alg, "kid": "one" })] {
                let token = format!("{}.{signature}", unsigned(&header, &claims()));
                check_refused(tokens.verify(&token).await, TokenError::Algorithm, alg);
            }
        }
    }
    for header in [json!({}), json!({ "alg": null }), json!({ "alg": ["EdDSA"] }), json!({ "alg": 0 })] {
        let token = format!("{}.", unsigned(&header, &claims()));
        check_refused(tokens.verify(&token).await, TokenError::Malformed, "no algorithm");
    }
    let token = unsigned(&json!({ "alg": "none" }), &claims());
    check_refused(tokens.verify(&token).await, TokenError::Malformed, "two parts");
}

#[tokio::test]
async fn hs256_with_the_public_key_as_the_secret() {
    let Signer::Rsa(key) = Signer::rsa() else { panic!("an RSA key") };
    let jwk = Signer::rsa().jwk("one");
    let tokens = judge(std::slice::from_ref(&jwk)).await;
    for secret in spellings(key, &jwk) {
        for (alg, algorithm) in
            [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)]
        {
            let secret = hmac::Key::new(algorithm, &secret);
            // Named as what it is, and named as what is listed.
            for (alg, expected) in [(alg, TokenError::Algorithm), ("RS256", TokenError::Signature)] {
                let message = unsigned(&json!({ "alg": alg, "kid": "one" }), &claims());
                let token = format!("{message}.{}", encode(hmac::sign(&secret, message.as_bytes()).as_ref()));
                check_refused(tokens.verify(&token).await, expected, alg);
            }
        }
    }
}

/// The bytes that the public key is known by.
fn spellings(key: &RsaKeyPair, jwk: &Value) -> Vec<Vec<u8>> {
    let spki = key.public_key().as_der().expect("a public key has a DER").as_ref().to_vec();
    let pkcs1 = key.public_key().as_ref().to_vec();
    let pem = |name: &str, der: &[u8]| {
        let text = STANDARD.encode(der);
        let lines: Vec<&str> =
            (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
        format!("-----BEGIN {name}-----\n{}\n-----END {name}-----", lines.join("\n")).into_bytes()
    };
    let pem = [pem("PUBLIC KEY", &spki), pem("RSA PUBLIC KEY", &pkcs1)];
    let pem_with_end = pem.clone().map(|pem| [pem, b"\n".to_vec()].concat());
    let jwk_texts = [jwk.to_string().into_bytes(), json!({ "keys": [jwk] }).to_string().into_bytes()];
    let modulus = key.public_key().modulus().big_endian_without_leading_zero().to_vec();
    [spki, pkcs1, modulus, vec![]].into_iter().chain(pem).chain(pem_with_end).chain(jwk_texts).collect()
}

#[tokio::test]
async fn hs256_with_a_symmetric_key_that_the_issuer_publishes() {
    let secret = hmac::Key::new(hmac::HMAC_SHA256, b"published");
    let oct = json!({ "kty": "oct", "kid": "secret", "k": encode(b"published") });
    let tokens = judge(&[oct, Signer::ed25519().jwk("one")]).await;
    for (alg, expected) in [("HS256", TokenError::Algorithm), ("EdDSA", TokenError::UnknownKey)] {
        let message = unsigned(&json!({ "alg": alg, "kid": "secret" }), &claims());
        let token = format!("{message}.{}", encode(hmac::sign(&secret, message.as_bytes()).as_ref()));
        check_refused(tokens.verify(&token).await, expected, alg);
    }
}

#[tokio::test]
async fn another_key_of_the_same_name() {
    let others = [Signer::ed25519(), Signer::p256(), Signer::p384()];
    for (true_one, other) in [Signer::ed25519(), Signer::p256(), Signer::p384()].iter().zip(&others) {
        let tokens = judge(&[true_one.jwk("one")]).await;
        tokens.verify(&true_one.token("one", &claims())).await.expect("genuine");
        check_refused(
            tokens.verify(&other.token("one", &claims())).await,
            TokenError::Signature,
            "not its own",
        );
    }
}

#[tokio::test]
async fn claims_or_header_of_another_token() {
    let signer = Signer::ed25519();
    let tokens = judge(&[signer.jwk("one")]).await;
    let token = signer.token("one", &claims());
    tokens.verify(&token).await.expect("genuine");
    let parts: Vec<&str> = token.split('.').collect();
    let other = unsigned(&json!({ "alg": "EdDSA", "kid": "one" }), &claims_with("sub", "root".into()));
    let (header, payload) = other.split_once('.').expect("two parts");
    for (header, payload) in [(parts[0], payload), (header, parts[1])] {
        let mixed = format!("{header}.{payload}.{}", parts[2]);
        check_refused(tokens.verify(&mixed).await, TokenError::Signature, "not what was signed");
    }
    check_refused(tokens.verify(&format!("{}.{}.", parts[0], parts[1])).await, TokenError::Signature, "none");
}

#[tokio::test]
async fn a_key_that_the_token_brings_or_points_to() {
    let (evil, signer) = (Signer::ed25519(), Signer::ed25519());
    let place = Issuer::with(&[evil.jwk("evil")]).await;
    let tokens = judge(&[signer.jwk("one")]).await;
    for (kid, expected) in [
        (json!("one"), TokenError::Signature),
        (Value::Null, TokenError::Signature),
        (json!("evil"), TokenError::UnknownKey),
    ] {
        for (name, value) in [
            ("jwk", evil.jwk("evil")),
            ("jku", json!(place.address)),
            ("x5u", json!(place.address)),
            ("x5c", json!(["AAAA"])),
        ] {
            let mut header = json!({ "alg": "EdDSA", "kid": kid });
            header[name] = value;
            check_refused(tokens.verify(&evil.sign(&header, &claims())).await, expected, name);
            // And a genuine token is none the worse for it.
            header["kid"] = "one".into();
            tokens.verify(&signer.sign(&header, &claims())).await.expect(name);
        }
    }
    assert_eq!(place.asked(), 0);
}

#[tokio::test]
async fn a_key_of_another_kind() {
    let (p256, p384, ed25519) = (Signer::p256(), Signer::p384(), Signer::ed25519());
    let signers = [Signer::rsa(), &p256, &p384, &ed25519];
    for signer in signers {
        for published in signers.iter().filter(|published| published.algorithm() != signer.algorithm()) {
            let tokens = judge(&[published.jwk("one")]).await;
            let what = format!("{} by a key for {}", signer.algorithm(), published.algorithm());
            check_refused(
                tokens.verify(&signer.token("one", &claims())).await,
                TokenError::UnknownKey,
                &what,
            );
        }
    }
}

#[tokio::test]
async fn a_key_for_something_else() {
    let token = Signer::rsa().token("one", &claims());
    for (name, value, fits) in [
        ("use", json!("enc"), false),
        ("use", json!("sig"), true),
        ("alg", json!("RS512"), false),
        ("alg", json!("PS256"), false),
        ("alg", json!("ES256"), false),
        ("alg", json!("HS256"), false),
        ("alg", json!("RSA-OAEP"), false),
        ("alg", json!("RS256"), true),
        ("key_ops", json!(["encrypt", "wrapKey"]), false),
        ("key_ops", json!(["verify"]), true),
        ("kty", json!("EC"), false),
        ("kty", json!("oct"), false),
        ("kty", json!("OKP"), false),
        ("e", json!("AQ"), false),
        ("e", json!("AAE"), false),
        ("e", json!("AAAC"), false),
        ("e", json!(""), false),
    ] {
        let what = format!("{name}: {value}");
        let mut jwk = Signer::rsa().jwk("one");
        jwk[name] = value;
        let verdict = judge(&[jwk, Signer::ed25519().jwk("two")]).await.verify(&token).await;
        if fits {
            verdict.expect(&what);
        } else {
            check_refused(verdict, TokenError::UnknownKey, &what);
        }
    }
}

#[tokio::test]
async fn a_point_that_is_on_no_curve() {
    let signer = Signer::p256();
    for (x, y) in [(vec![0; 32], vec![0; 32]), (vec![1; 32], vec![2; 32])] {
        let mut jwk = signer.jwk("one");
        (jwk["x"], jwk["y"]) = (encode(&x).into(), encode(&y).into());
        let tokens = judge(&[jwk]).await;
        check_refused(
            tokens.verify(&signer.token("one", &claims())).await,
            TokenError::Signature,
            "no point",
        );
        let zeros = unsigned(&json!({ "alg": "ES256", "kid": "one" }), &claims());
        let token = format!("{zeros}.{}", encode(&[0; 64]));
        check_refused(tokens.verify(&token).await, TokenError::Signature, "a signature of zeros");
    }
}

#[tokio::test]
async fn small_rsa_key() {
    let decode = |text| URL_SAFE_NO_PAD.decode(text).expect("base64url");
    let (n, signature) = (decode(SMALL_MODULUS), decode(SMALL_SIGNATURE));
    RsaPublicKeyComponents { n: &n[..], e: &[1, 0, 1][..] }
        .verify(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, SMALL_MESSAGE.as_bytes(), &signature)
        .expect("it is refused for its key alone");
    let token = format!("{SMALL_MESSAGE}.{SMALL_SIGNATURE}");
    let padded = encode(&[vec![0; 128], n].concat());
    for modulus in [SMALL_MODULUS, &padded] {
        let jwk = json!({ "kty": "RSA", "kid": "small", "n": modulus, "e": "AQAB" });
        let tokens = judge(&[jwk, Signer::ed25519().jwk("one")]).await;
        check_refused(tokens.verify(&token).await, TokenError::UnknownKey, "1024 bits");
    }
}
