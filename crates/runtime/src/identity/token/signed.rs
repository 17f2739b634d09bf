//! A token taken apart: what was signed, with what, by which key. Nothing in it is believed yet, and of its header only
//! `alg`, `kid` and `crit` are ever read.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};

use super::algorithm::Algorithm;
use super::error::TokenError;

/// The parts of a token.
pub(super) struct Signed<'t> {
    /// None for one that is not known here.
    pub(super) algorithm: Option<Algorithm>,
    pub(super) kid: Option<String>,
    /// Header and payload with the dot between them: what the signature is of.
    pub(super) message: &'t str,
    /// In base64url.
    pub(super) payload: &'t str,
    /// In base64url.
    pub(super) signature: &'t str,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
}

impl<'t> Signed<'t> {
    pub(super) fn parse(token: &'t str) -> Result<Self, TokenError> {
        let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(TokenError::Malformed)?;
        if payload.contains('.') {
            return Err(TokenError::Malformed);
        }
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| TokenError::Malformed)?;
        if header.crit {
            return Err(TokenError::Critical);
        }
        Ok(Self { algorithm: header.alg.parse().ok(), kid: header.kid, message, payload, signature })
    }
}

/// The bytes that `text` stands for; it has to be the one spelling of them.
pub(super) fn decode(text: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Malformed)
}

/// Whatever the value is, `null` included: that it is there is what counts.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(value).map(|_| true)
}
