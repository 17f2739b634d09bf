//! What is believed, to the edges of time, and that the second time is a look-up.

use super::forge::Signer;
use super::*;

#[tokio::test]
async fn every_algorithm_is_accepted() {
    let (p256, p384, ed25519) = (Signer::p256(), Signer::p384(), Signer::ed25519());
    let signers = [Signer::rsa(), &p256, &p384, &ed25519];
    let tokens = judge(&signers.map(|signer| signer.jwk(signer.algorithm()))).await;
    for algorithm in Algorithm::ALL {
        let signer = match algorithm {
            Algorithm::ES256 => &p256,
            Algorithm::ES384 => &p384,
            Algorithm::EdDSA => &ed25519,
            _ => Signer::rsa(),
        };
        let header = json!({ "alg": algorithm.as_str(), "kid": signer.algorithm() });
        let verified = tokens.verify(&signer.sign(&header, &claims())).await;
        let claims = verified.unwrap_or_else(|refusal| panic!("{algorithm}: {refusal}"));
        assert_eq!(claims.text("sub"), Some("ada"));
    }
}

#[tokio::test]
async fn the_same_token_is_verified_once() {
    let signer = Signer::ed25519();
    let tokens = judge(&[signer.jwk("one")]).await;
    let token = signer.token("one", &claims());
    let first = tokens.verify(&token).await.expect("genuine");
    let second = tokens.clone().verify(&token).await.expect("genuine");
    assert!(Arc::ptr_eq(&first, &second));
    set_clock(360.0);
    check_refused(tokens.verify(&token).await, TokenError::Expired, "remembered, and over");
}

#[tokio::test]
async fn an_expired_token_is_accepted_for_less_than_60_s() {
    let signer = Signer::ed25519();
    let tokens = judge(&[signer.jwk("one")]).await;
    let verify = |seconds: f64, nonce: u32| {
        set_clock(seconds);
        let token = signer.token("one", &claims_with("jti", nonce.into()));
        let tokens = tokens.clone();
        async move { tokens.verify(&token).await }
    };
    verify(300.0, 1).await.expect("at its end");
    verify(359.999_999, 2).await.expect("just inside the leeway");
    check_refused(verify(360.0, 3).await, TokenError::Expired, "at the leeway's end");
    check_refused(verify(360.0, 2).await, TokenError::Expired, "at the leeway's end, remembered");
}

#[tokio::test]
async fn a_token_may_begin_60_s_ahead_and_no_more() {
    let signer = Signer::ed25519();
    let tokens = judge(&[signer.jwk("one")]).await;
    for name in ["nbf", "iat"] {
        let token = signer.token("one", &claims_with(name, (NOON + 100).into()));
        set_clock(39.999_999);
        check_refused(tokens.verify(&token).await, TokenError::NotYetValid, name);
        set_clock(40.0);
        tokens.verify(&token).await.expect(name);
    }
}

#[tokio::test]
async fn an_audience_is_one_of_several_and_times_have_fractions() {
    let signer = Signer::ed25519();
    let tokens = judge(&[signer.jwk("one")]).await;
    for (name, value) in
        [("aud", json!(["account", AUDIENCE])), ("exp", json!(NOON as f64 + 0.5)), ("iat", Value::Null)]
    {
        tokens.verify(&signer.token("one", &claims_with(name, value))).await.expect(name);
    }
}

#[tokio::test]
async fn a_token_without_kid_is_tried_with_the_only_key_that_fits() {
    let (one, two, other) = (Signer::p256(), Signer::p256(), Signer::ed25519());
    let token = one.sign(&json!({ "alg": "ES256" }), &claims());
    judge(&[one.jwk("one")]).await.verify(&token).await.expect("one key");
    judge(&[other.jwk("other"), one.jwk("one")]).await.verify(&token).await.expect("one key of that kind");
    let mut encrypts = two.jwk("two");
    encrypts["use"] = "enc".into();
    judge(&[encrypts, one.jwk("one")]).await.verify(&token).await.expect("one key for signatures");
    let tokens = judge(&[one.jwk("one"), two.jwk("two")]).await;
    check_refused(tokens.verify(&token).await, TokenError::UnknownKey, "two keys");
    let tokens = judge(&[one.jwk("same"), two.jwk("same")]).await;
    check_refused(
        tokens.verify(&one.token("same", &claims())).await,
        TokenError::UnknownKey,
        "two keys of the same name",
    );
}

#[tokio::test]
async fn a_key_that_cannot_be_read_does_not_spoil_the_others() {
    let signer = Signer::ed25519();
    let strange =
        [json!(7), json!({}), json!({ "kty": "XYZ" }), json!({ "kty": "RSA", "n": 7, "e": "AQAB" })];
    let keys: Vec<Value> = strange.into_iter().chain([signer.jwk("one")]).collect();
    judge(&keys).await.verify(&signer.token("one", &claims())).await.expect("genuine");
}
