//! Keys that come and go, and an issuer that is asked seldom, however many ask for its keys.

use super::forge::Signer;
use super::issuer::{Issuer, ok};
use super::*;

/// Waits until keys that are being read have been read.
async fn settled(tokens: &Tokens) {
    tokens.0.keys.renewed().await;
}

#[tokio::test]
async fn a_flood_of_unknown_keys_costs_one_question_in_30_s() {
    let signer = Signer::ed25519();
    let issuer = Issuer::with(&[signer.jwk("one")]).await;
    let tokens = issuer.judge().await;
    for round in 0..3 {
        for number in 0..200 {
            let token = signer.token(&format!("made up {round} {number}"), &claims());
            check_refused(tokens.verify(&token).await, TokenError::UnknownKey, "made up");
        }
        assert_eq!(issuer.asked(), 1 + round);
        pass(if round == 0 { 20 } else { 30 }).await;
        if round == 0 {
            let token = signer.token("made up after 20 s", &claims());
            check_refused(tokens.verify(&token).await, TokenError::UnknownKey, "made up");
            assert_eq!(issuer.asked(), 1);
            pass(10).await;
        }
    }
}

#[tokio::test]
async fn those_who_come_while_the_issuer_is_asked_wait_for_the_same_answer() {
    let (old, new) = (Signer::ed25519(), Signer::ed25519());
    let issuer = Issuer::with(&[old.jwk("old")]).await;
    let tokens = issuer.judge().await;
    issuer.rotate(&[old.jwk("old"), new.jwk("new")]);
    issuer.close();
    pass(30).await;
    let waiting: Vec<_> = (0..50)
        .map(|number| {
            let (tokens, token) = (tokens.clone(), new.token("new", &claims_with("jti", number.into())));
            tokio::spawn(async move { tokens.verify(&token).await })
        })
        .collect();
    issuer.was_asked(2).await;
    let known = old.token("old", &claims());
    tokens.verify(&known).await.expect("a known key waits for nobody");
    issuer.open();
    for waiting in waiting {
        waiting.await.expect("no panic").expect("the key has come");
    }
    assert_eq!(issuer.asked(), 2);
}

#[tokio::test]
async fn a_caller_that_gives_up_does_not_end_the_question() {
    let (old, new) = (Signer::ed25519(), Signer::ed25519());
    let issuer = Issuer::with(&[old.jwk("old")]).await;
    let tokens = issuer.judge().await;
    issuer.rotate(&[new.jwk("new")]);
    issuer.close();
    pass(30).await;
    let token = new.token("new", &claims());
    tokio::select! {
        biased;
        _ = tokens.verify(&token) => panic!("the issuer has not answered"),
        () = issuer.was_asked(2) => {}
    }
    issuer.open();
    settled(&tokens).await;
    tokens.verify(&token).await.expect("the key has come");
    assert_eq!(issuer.asked(), 2);
}

#[tokio::test]
async fn a_rotated_key_works_and_the_old_one_stops() {
    let (old, new) = (Signer::ed25519(), Signer::p256());
    let issuer = Issuer::with(&[old.jwk("old")]).await;
    let tokens = issuer.judge().await;
    let remembered = old.token("old", &claims());
    tokens.verify(&remembered).await.expect("genuine");
    issuer.rotate(&[new.jwk("new")]);
    let fresh = new.token("new", &claims());
    check_refused(tokens.verify(&fresh).await, TokenError::UnknownKey, "asked too lately");
    pass(30).await;
    tokens.verify(&fresh).await.expect("asked again");
    check_refused(tokens.verify(&remembered).await, TokenError::UnknownKey, "withdrawn, though remembered");
    let unseen = old.token("old", &claims_with("jti", 1.into()));
    check_refused(tokens.verify(&unseen).await, TokenError::UnknownKey, "withdrawn");
    assert_eq!(issuer.asked(), 2);
}

#[tokio::test]
async fn old_keys_are_replaced_in_the_background() {
    let (old, new) = (Signer::ed25519(), Signer::ed25519());
    let issuer = Issuer::with(&[old.jwk("old")]).await;
    let tokens = issuer.judge().await;
    let token = old.token("old", &claims());
    let first = tokens.verify(&token).await.expect("genuine");
    pass(600).await;
    issuer.close();
    tokens.verify(&token).await.expect("nobody waits for it");
    issuer.was_asked(2).await;
    issuer.open();
    settled(&tokens).await;
    let again = tokens.verify(&token).await.expect("the same keys");
    assert!(Arc::ptr_eq(&first, &again), "what the same keys verified is remembered");
    issuer.rotate(&[new.jwk("new")]);
    pass(600).await;
    tokens.verify(&token).await.expect("not known yet to be withdrawn");
    settled(&tokens).await;
    check_refused(tokens.verify(&token).await, TokenError::UnknownKey, "withdrawn");
    assert_eq!(issuer.asked(), 3);
}

#[tokio::test]
async fn old_keys_go_on_while_the_issuer_is_down() {
    let signer = Signer::ed25519();
    let mut issuer = Issuer::with(&[signer.jwk("one")]).await;
    let tokens = issuer.judge().await;
    let remembered = signer.token("one", &claims());
    tokens.verify(&remembered).await.expect("genuine");
    issuer.stop().await;
    for seconds in [30, 600, 86_400] {
        pass(seconds).await;
        let token = signer.token("unknown", &claims());
        check_refused(tokens.verify(&token).await, TokenError::UnknownKey, "unknown");
        tokens.verify(&remembered).await.expect("remembered");
        let unseen = signer.token("one", &claims_with("jti", seconds.into()));
        tokens.verify(&unseen).await.expect("the key is known");
    }
}

#[tokio::test]
async fn old_keys_go_on_whatever_the_issuer_answers() {
    let (signer, evil) = (Signer::ed25519(), Signer::ed25519());
    let issuer = Issuer::with(&[signer.jwk("one")]).await;
    let elsewhere = Issuer::with(&[evil.jwk("evil")]).await;
    let tokens = issuer.judge().await;
    let evils = json!({ "keys": [evil.jwk("evil")] }).to_string();
    let refused = ok(&evils);
    for (number, answer) in [
        String::new(),
        "garbage".to_owned(),
        ok(""),
        ok("[]"),
        ok(r#"{"keys":7}"#),
        ok("{").replace("length: 1", "length: 9"),
        ok(&format!("{}{evils}", " ".repeat(1 << 20))),
        refused.replace("200 OK", "500 Oops"),
        refused.replace("200 OK", "404 Not Found"),
        refused.replace("200 OK", "203 Changed On The Way"),
        refused.replace("200 OK", &format!("302 Found\r\nlocation: {}", elsewhere.address)),
    ]
    .into_iter()
    .enumerate()
    {
        issuer.answer(answer);
        pass(30).await;
        let token = evil.token("evil", &claims());
        check_refused(tokens.verify(&token).await, TokenError::UnknownKey, &format!("answer {number}"));
        let unseen = signer.token("one", &claims_with("jti", number.into()));
        tokens.verify(&unseen).await.expect("the key is known");
    }
    assert_eq!((issuer.asked(), elsewhere.asked()), (12, 0));
}

#[tokio::test]
async fn an_answer_that_takes_longer_than_5_s_is_given_up() {
    let (old, new) = (Signer::ed25519(), Signer::ed25519());
    let issuer = Issuer::with(&[old.jwk("old")]).await;
    let tokens = issuer.judge().await;
    issuer.rotate(&[new.jwk("new")]);
    issuer.close();
    pass(30).await;
    let waiting = tokio::spawn({
        let (tokens, token) = (tokens.clone(), new.token("new", &claims()));
        async move { tokens.verify(&token).await }
    });
    issuer.was_asked(2).await;
    pass(5).await;
    check_refused(waiting.await.expect("no panic"), TokenError::UnknownKey, "too slow");
    tokens.verify(&old.token("old", &claims())).await.expect("the old key");
}

#[tokio::test]
async fn an_issuer_that_is_down_at_the_start_is_asked_by_the_first_token() {
    let signer = Signer::ed25519();
    let issuer = Issuer::with(&[]).await;
    issuer.answer("HTTP/1.1 503 Starting\r\ncontent-length: 0\r\n\r\n".to_owned());
    let tokens = issuer.judge().await;
    let token = signer.token("one", &claims());
    check_refused(tokens.verify(&token).await, TokenError::NoKeys, "still down");
    issuer.rotate(&[signer.jwk("one")]);
    check_refused(tokens.verify(&token).await, TokenError::NoKeys, "asked too lately");
    assert_eq!(issuer.asked(), 2);
    pass(30).await;
    tokens.verify(&token).await.expect("it is up");
}

#[tokio::test]
async fn an_issuer_without_keys_is_believed() {
    let signer = Signer::ed25519();
    let issuer = Issuer::with(&[signer.jwk("one")]).await;
    let tokens = issuer.judge().await;
    let token = signer.token("one", &claims());
    tokens.verify(&token).await.expect("genuine");
    issuer.rotate(&[]);
    pass(600).await;
    tokens.verify(&token).await.expect("not known yet to be withdrawn");
    settled(&tokens).await;
    check_refused(tokens.verify(&token).await, TokenError::NoKeys, "all withdrawn");
}
