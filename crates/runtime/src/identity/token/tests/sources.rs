//! Where keys come from: what is no address, files that change or cannot be read, and what is told of a source.

use tempfile::TempDir;

use super::forge::Signer;
use super::issuer::Issuer;
use super::*;

#[test]
fn an_address_is_http_or_https_and_everything_else_is_a_file() {
    for address in ["http://localhost:8080/keys", "https://id.example.com/keys?x=1", "HTTPS://id.example.com"]
    {
        assert!(matches!(address.parse(), Ok(KeySource::Address(_))), "{address}");
    }
    for path in ["keys.json", "/etc/handoff/keys.json", "C:\\keys.json", "http:keys.json"] {
        assert_eq!(path.parse::<KeySource>().expect("a path"), KeySource::File(path.into()));
    }
    for wrong in
        ["ftp://id.example.com/", "file:///keys.json", "https://", "https:///keys", "://", "https://a b/"]
    {
        assert!(matches!(wrong.parse::<KeySource>(), Err(KeysError::Address(_))), "{wrong}");
    }
    let secret = "https://ada:hunter2@id.example.com/keys".parse::<KeySource>().expect_err("a password");
    assert!(!format!("{secret} {secret:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_judge_does_not_tell_secrets() {
    let issuer = Issuer::with(&[Signer::ed25519().jwk("one")]).await;
    let tokens = issuer.judge().await;
    let told = format!("{tokens:?}");
    assert!(issuer.address.contains("secret") && !told.contains("secret"), "{told}");
    assert!(told.contains("/keys") && told.contains(ISSUER), "{told}");
}

#[tokio::test]
async fn https_works_with_the_systems_roots_or_says_that_there_are_none() {
    let mut issuer = Issuer::with(&[]).await;
    issuer.stop().await;
    // Nobody listens there: what matters is that the connection can be made ready.
    let source = issuer.address.replace("http://", "https://").parse().expect("an address");
    match Tokens::with_clock(config(source), clock).await {
        Ok(tokens) => {
            let token = Signer::ed25519().token("one", &claims());
            check_refused(tokens.verify(&token).await, TokenError::NoKeys, "nobody there");
        }
        Err(failure) => assert!(matches!(failure, KeysError::Roots(_)), "{failure:?}"),
    }
}

#[tokio::test]
async fn a_file_is_read_again_when_it_has_changed() {
    let (old, new) = (Signer::ed25519(), Signer::p256());
    let file = key_file(&[old.jwk("old")]);
    let tokens =
        Tokens::with_clock(config(KeySource::File(file.path().to_owned())), clock).await.expect("keys");
    let (old_token, new_token) = (old.token("old", &claims()), new.token("new", &claims()));
    let first = tokens.verify(&old_token).await.expect("genuine");

    pass(30).await;
    check_refused(tokens.verify(&new_token).await, TokenError::UnknownKey, "not there yet");
    let second = tokens.verify(&old_token).await.expect("genuine");
    assert!(Arc::ptr_eq(&first, &second), "an unchanged file changes nothing");

    std::fs::write(file.path(), json!({ "keys": [new.jwk("new")] }).to_string()).expect("it can be written");
    check_refused(tokens.verify(&new_token).await, TokenError::UnknownKey, "looked at too lately");
    pass(30).await;
    tokens.verify(&new_token).await.expect("read again");
    check_refused(tokens.verify(&old_token).await, TokenError::UnknownKey, "withdrawn");
}

#[tokio::test]
async fn known_tokens_have_the_file_looked_at_too() {
    let (old, new) = (Signer::ed25519(), Signer::p256());
    let file = key_file(&[old.jwk("old")]);
    let tokens =
        Tokens::with_clock(config(KeySource::File(file.path().to_owned())), clock).await.expect("keys");
    let token = old.token("old", &claims());
    tokens.verify(&token).await.expect("genuine");
    std::fs::write(file.path(), json!({ "keys": [new.jwk("new")] }).to_string()).expect("it can be written");
    pass(30).await;
    tokens.verify(&token).await.expect("not known yet to be withdrawn");
    tokens.0.keys.renewed().await;
    check_refused(tokens.verify(&token).await, TokenError::UnknownKey, "withdrawn");
}

#[tokio::test]
async fn a_file_that_is_spoilt_or_gone_leaves_the_keys() {
    let signer = Signer::ed25519();
    let file = key_file(&[signer.jwk("one")]);
    let tokens =
        Tokens::with_clock(config(KeySource::File(file.path().to_owned())), clock).await.expect("keys");
    for (number, content) in [Some(""), Some("{\"keys\": ["), None].into_iter().enumerate() {
        match content {
            Some(content) => std::fs::write(file.path(), content).expect("it can be written"),
            None => std::fs::remove_file(file.path()).expect("it can be removed"),
        }
        pass(30).await;
        check_refused(
            tokens.verify(&signer.token("two", &claims())).await,
            TokenError::UnknownKey,
            "unknown",
        );
        let unseen = signer.token("one", &claims_with("jti", number.into()));
        tokens.verify(&unseen).await.expect("the key is known");
    }
}

#[tokio::test]
async fn a_file_without_keys_is_an_error_at_the_start() {
    let folder = TempDir::new().expect("a folder");
    let write = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("it can be written");
        path
    };
    let enc = json!({ "keys": [{ "kty": "RSA", "use": "enc" }, { "kty": "oct", "k": "AAAA" }] }).to_string();
    let long = format!("{}{enc}", " ".repeat(1 << 20));
    let garbage = write("garbage", "{\"keys\": \"hunter2\"}");
    for (path, text) in [
        (folder.path().join("absent"), "cannot be read"),
        (folder.path().to_owned(), "cannot be read: it is not a file"),
        (garbage, "the keys are not a JSON web key set"),
        (write("none", "{\"keys\": []}"), "none of the keys can be used"),
        (write("enc", &enc), "none of the keys can be used"),
        (write("long", &long), "longer than 1 MiB"),
    ] {
        let failure = Tokens::with_clock(config(KeySource::File(path)), clock).await.expect_err(text);
        let told = failure.one_line();
        assert!(told.contains(text) && !told.contains("hunter2"), "{told}");
    }
}
