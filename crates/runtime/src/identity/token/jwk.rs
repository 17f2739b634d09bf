//! The issuer's keys, as a JSON web key set (RFC 7517) names them. Not taken: symmetric keys, keys for encryption, RSA
//! below 2048 bits, curves and kinds that no algorithm here uses. They are skipped, as the RFC wants; the others work.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, crypto};
use serde::Deserialize;
use serde_json::Value;

use super::algorithm::Algorithm;
use super::error::{KeysError, TokenError};
use super::signed::Signed;

/// Shorter ones can be factored.
const RSA_BITS_MIN: usize = 2048;

/// All the keys that an issuer has at a time.
#[derive(Default)]
pub(super) struct KeySet {
    generation: u64,
    keys: Vec<Key>,
}

/// A public key with what it may be used for.
pub(super) struct Key {
    kid: Option<String>,
    kind: Kind,
    /// None if the issuer does not say; then any of its kind.
    algorithm: Option<Algorithm>,
    key: DecodingKey,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

/// What is read of a JWK. Private parts have no place here, should an issuer ever publish them.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Reads the keys that can be used; possibly none. Later sets have a larger `generation`.
    pub(super) fn parse(document: &[u8], generation: u64) -> Result<Self, KeysError> {
        let Document { keys } = serde_json::from_slice(document).map_err(|_| KeysError::NotKeys)?;
        Ok(Self { generation, keys: keys.into_iter().filter_map(Key::parse).collect() })
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The key that a token of these words must be signed with: the only one that fits. If several do, the issuer has
    /// to say which.
    pub(super) fn find(&self, algorithm: Algorithm, kid: Option<&str>) -> Option<&Key> {
        let mut fitting = self
            .keys
            .iter()
            .filter(|key| key.fits(algorithm) && kid.is_none_or(|kid| key.kid.as_deref() == Some(kid)));
        fitting.next().filter(|_| fitting.next().is_none())
    }

    /// What a token hears that no key was found for.
    pub(super) fn missing(&self) -> TokenError {
        if self.keys.is_empty() { TokenError::NoKeys } else { TokenError::UnknownKey }
    }
}

impl Key {
    fn parse(value: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        let signs = jwk.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
            && jwk.key_ops.as_ref().is_none_or(|uses| uses.iter().any(|one| one == "verify"));
        if !signs {
            return None;
        }
        let algorithm = jwk.alg.as_deref().map(str::parse).transpose().ok()?;
        let (kind, key) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => (Kind::Rsa, rsa(&jwk)?),
            ("EC", Some("P-256")) => (Kind::P256, curve(&jwk, 32)?),
            ("EC", Some("P-384")) => (Kind::P384, curve(&jwk, 48)?),
            ("OKP", Some("Ed25519")) => (Kind::Ed25519, DecodingKey::from_ed_der(&coordinate(&jwk.x, 32)?)),
            _ => return None,
        };
        Some(Self { kid: jwk.kid, kind, algorithm, key })
    }

    fn fits(&self, algorithm: Algorithm) -> bool {
        let kind = match algorithm {
            Algorithm::RS256 | Algorithm::RS384 | Algorithm::RS512 => Kind::Rsa,
            Algorithm::PS256 | Algorithm::PS384 | Algorithm::PS512 => Kind::Rsa,
            Algorithm::ES256 => Kind::P256,
            Algorithm::ES384 => Kind::P384,
            Algorithm::EdDSA => Kind::Ed25519,
        };
        self.kind == kind && self.algorithm.is_none_or(|only| only == algorithm)
    }

    /// Whether this key signed the token with `algorithm`.
    pub(super) fn signed(&self, token: &Signed<'_>, algorithm: Algorithm) -> bool {
        // Its errors are about keys that do not fit and signatures that are not base64: no signature of this key's.
        crypto::verify(token.signature, token.message.as_bytes(), &self.key, algorithm.library())
            .is_ok_and(|right| right)
    }
}

fn rsa(jwk: &Jwk) -> Option<DecodingKey> {
    let n = URL_SAFE_NO_PAD.decode(jwk.n.as_ref()?).ok()?;
    let e = URL_SAFE_NO_PAD.decode(jwk.e.as_ref()?).ok()?;
    let leading = n.iter().position(|byte| *byte != 0)?;
    let n = &n[leading..];
    let bits = n.len() * 8 - usize::try_from(n[0].leading_zeros()).ok()?;
    // With the exponent 1 every message is its own signature.
    let exponent_odd = e.last().is_some_and(|byte| byte % 2 == 1);
    let exponent_one = e.iter().rev().skip(1).all(|byte| *byte == 0) && e.last() == Some(&1);
    (bits >= RSA_BITS_MIN && exponent_odd && !exponent_one)
        .then(|| DecodingKey::from_rsa_raw_components(n, &e))
}

/// An uncompressed point. Whether it lies on the curve, the verification sees.
fn curve(jwk: &Jwk, length: usize) -> Option<DecodingKey> {
    let mut point = vec![4];
    point.extend(coordinate(&jwk.x, length)?);
    point.extend(coordinate(&jwk.y, length)?);
    Some(DecodingKey::from_ec_der(&point))
}

fn coordinate(text: &Option<String>, length: usize) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.as_ref()?).ok().filter(|bytes| bytes.len() == length)
}
