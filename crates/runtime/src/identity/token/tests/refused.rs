//! Tokens of the true issuer that are not for us or not for now, and what is no token at all.

use super::forge::{Signer, encode, unsigned};
use super::*;

async fn check_claims(name: &str, values: &[Value], expected: TokenError) {
    let signer = Signer::ed25519();
    let tokens = judge(&[signer.jwk("one")]).await;
    for value in values {
        let token = signer.token("one", &claims_with(name, value.clone()));
        check_refused(tokens.verify(&token).await, expected, &format!("{name}: {value}"));
    }
}

#[tokio::test]
async fn wrong_issuer() {
    let values = [
        json!("https://evil.example.com"),
        json!(format!("{ISSUER}/")),
        json!(""),
        json!([ISSUER]),
        json!(7),
    ];
    check_claims("iss", &values, TokenError::Issuer).await;
    check_claims("iss", &[Value::Null], TokenError::MissingClaim("iss")).await;
}

#[tokio::test]
async fn wrong_audience() {
    let values = [
        json!("other"),
        json!("Handoff"),
        json!("handoff other"),
        json!(["other"]),
        json!([]),
        json!([["handoff"]]),
        json!({ "handoff": 1 }),
    ];
    check_claims("aud", &values, TokenError::Audience).await;
    check_claims("aud", &[Value::Null], TokenError::MissingClaim("aud")).await;
}

#[tokio::test]
async fn expired() {
    let values = [json!(NOON - 61), json!(NOON - 60), json!(0), json!(-1), json!(-1e300)];
    check_claims("exp", &values, TokenError::Expired).await;
    check_claims("exp", &[Value::Null], TokenError::MissingClaim("exp")).await;
    check_claims("exp", &[json!("1900000000"), json!([NOON]), json!(true)], TokenError::Malformed).await;
}

#[tokio::test]
async fn not_yet_valid() {
    for name in ["nbf", "iat"] {
        check_claims(name, &[json!(NOON + 61), json!(u64::MAX), json!(1e300)], TokenError::NotYetValid).await;
        check_claims(name, &[json!("0"), json!({})], TokenError::Malformed).await;
    }
}

#[tokio::test]
async fn claims_that_are_no_object() {
    let signer = Signer::ed25519();
    let tokens = judge(&[signer.jwk("one")]).await;
    for claims in [json!([]), json!("text"), json!(7), Value::Null] {
        check_refused(tokens.verify(&signer.token("one", &claims)).await, TokenError::Malformed, "no object");
    }
}

#[tokio::test]
async fn a_critical_extension_whatever_it_is() {
    let signer = Signer::ed25519();
    let tokens = judge(&[signer.jwk("one")]).await;
    for crit in [json!(["exp"]), json!(["b64"]), json!([]), Value::Null, json!("x")] {
        let header = json!({ "alg": "EdDSA", "kid": "one", "crit": crit, "b64": false });
        check_refused(tokens.verify(&signer.sign(&header, &claims())).await, TokenError::Critical, "crit");
    }
}

#[tokio::test]
async fn an_algorithm_that_is_not_listed() {
    let signer = Signer::ed25519();
    let file = key_file(&[signer.jwk("one")]);
    for algorithms in [vec![Algorithm::RS256, Algorithm::ES256], vec![]] {
        let config = TokenConfig { algorithms, ..config(KeySource::File(file.path().to_owned())) };
        let tokens = Tokens::with_clock(config, clock).await.expect("keys");
        check_refused(
            tokens.verify(&signer.token("one", &claims())).await,
            TokenError::Algorithm,
            "not listed",
        );
    }
}

#[tokio::test]
async fn truncated() {
    let signer = Signer::ed25519();
    let tokens = judge(&[signer.jwk("one")]).await;
    let token = signer.token("one", &claims());
    for length in 0..token.len() {
        assert!(tokens.verify(&token[..length]).await.is_err(), "the first {length} characters");
        assert!(tokens.verify(&token[length + 1..]).await.is_err(), "without the first {}", length + 1);
    }
    tokens.verify(&token).await.expect("all of it");
}

#[tokio::test]
async fn garbled() {
    let signer = Signer::ed25519();
    let tokens = judge(&[signer.jwk("one")]).await;
    let token = signer.token("one", &claims());
    for at in 0..token.len() {
        for other in ["A", "_", ".", "=", " ", "é", "\0"] {
            let garbled = format!("{}{other}{}", &token[..at], &token[at + 1..]);
            assert!(garbled == token || tokens.verify(&garbled).await.is_err(), "{other:?} at {at}");
        }
    }
    for around in ["=", "\n", " ", "A", ".", ".x"] {
        assert!(tokens.verify(&format!("{token}{around}")).await.is_err(), "{around:?} after it");
        assert!(tokens.verify(&format!("{around}{token}")).await.is_err(), "{around:?} before it");
    }
}

#[tokio::test]
async fn no_token_at_all() {
    let tokens = judge(&[Signer::ed25519().jwk("one")]).await;
    let deep = encode("[".repeat(10_000).as_bytes());
    let double = encode(br#"{"alg":"none","alg":"EdDSA"}"#);
    let others =
        ["", "x", "a.b", "a.b.c", "null.null.null", "e30.e30.", "e30.e30.e30", "W10.W10.W10", "Bearer a.b.c"];
    for text in
        others.map(str::to_owned).into_iter().chain([format!("{deep}.e30.x"), format!("{double}.e30.x")])
    {
        check_refused(tokens.verify(&text).await, TokenError::Malformed, &text);
    }
}

#[tokio::test]
async fn many_dots() {
    let tokens = judge(&[Signer::ed25519().jwk("one")]).await;
    for dots in [1, 2, 3, 4, 100, 16 * 1024] {
        check_refused(tokens.verify(&".".repeat(dots)).await, TokenError::Malformed, &format!("{dots} dots"));
    }
    let encrypted = format!("{}.e30.e30.e30", unsigned(&json!({ "alg": "EdDSA", "kid": "one" }), &claims()));
    check_refused(tokens.verify(&encrypted).await, TokenError::Malformed, "five parts, as JWE");
}

#[tokio::test]
async fn huge() {
    let signer = Signer::ed25519();
    let tokens = judge(&[signer.jwk("one")]).await;
    let with_padding = |length| signer.token("one", &claims_with("pad", "x".repeat(length).into()));
    let longest = (11_000..13_000)
        .map(with_padding)
        .take_while(|token| token.len() <= 16 * 1024)
        .last()
        .expect("one that is not too long");
    assert!(longest.len() > 16 * 1024 - 4, "{}", longest.len());
    tokens.verify(&longest).await.expect("as long as it may be");
    let longer = with_padding(12_900);
    check_refused(tokens.verify(&longer).await, TokenError::TooLong, "longer");
    check_refused(tokens.verify(&"x".repeat(100 << 20)).await, TokenError::TooLong, "much longer");
}
