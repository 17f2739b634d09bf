//! An issuer of access tokens: a key of its own, a folder where it publishes the public half and writes tokens to.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use handoff_runtime::clock;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The issuer.
#[derive(Debug)]
pub struct TokenIssuer {
    key: Ed25519KeyPair,
    folder: TempDir,
}

impl TokenIssuer {
    /// One with a new key.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn new() -> anyhow::Result<Self> {
        let key = Ed25519KeyPair::generate().ok().context("a key")?;
        let folder = tempfile::tempdir()?;
        let public = URL_SAFE_NO_PAD.encode(key.public_key().as_ref());
        let keys = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "one", "x": public}]});
        fs::write(folder.path().join("keys.json"), keys.to_string())?;
        Ok(Self { key, folder })
    }

    /// The options of a service that believes it.
    pub fn options(&self) -> Vec<String> {
        let keys = self.folder.path().join("keys.json").display().to_string();
        [
            "--oidc-issuer",
            "https://issuer",
            "--oidc-audience",
            "handoff",
            "--oidc-algorithms",
            "EdDSA",
            "--oidc-keys",
        ]
        .into_iter()
        .map(str::to_owned)
        .chain([keys])
        .collect()
    }

    /// A file with a token of `user`, good for ten minutes.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn token(&self, user: &str, tenant: &str, side: &str, roles: &[&str]) -> anyhow::Result<PathBuf> {
        let claims = json!({
            "iss": "https://issuer", "aud": "handoff", "exp": clock::now().timestamp() + 600,
            "sub": user, "handoff_tenant": tenant, "handoff_side": side, "handoff_roles": roles,
        });
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let text = format!("{}.{}", encode(&json!({"alg": "EdDSA", "kid": "one"})), encode(&claims));
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(text.as_bytes()).as_ref());
        let path = self.folder.path().join(format!("{}.token", user.replace('/', "-")));
        fs::write(&path, format!("{text}.{signature}\n"))?;
        Ok(path)
    }
}
