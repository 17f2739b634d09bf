//! OIDC access tokens: which ones are genuine now, and what they say.
//!
//! A token is believed if a key of the issuer signed it with an algorithm of the list, for us and for this moment. Not
//! believed, whatever else it says: symmetric algorithms and none; keys that the token brings or points to (`jwk`,
//! `jku`, `x5u`); a critical extension (`crit`), as we know none; more than one key that it could mean. Neither a log
//! nor an error repeats anything of a token.

mod algorithm;
mod claims;
mod error;
mod jwk;
mod keys;
mod signed;
mod source;
mod verified;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::clock;

pub use algorithm::{Algorithm, UnknownAlgorithm};
pub use claims::Claims;
pub use error::{KeysError, TokenError};
pub use source::{Address, KeySource};

use keys::Keys;
use signed::Signed;
use verified::Verified;

/// No issuer writes longer ones; servers in between rarely take headers of this size.
const LONGEST: usize = 16 * 1024;

/// What tokens are believed.
#[derive(Debug, Clone)]
pub struct TokenConfig {
    /// What `iss` must be, letter by letter.
    pub issuer: String,
    /// What `aud` must be or contain.
    pub audience: String,
    /// With what tokens may be signed; what is not listed is refused, whatever keys there are.
    pub algorithms: Vec<Algorithm>,
    /// Where the issuer's keys are.
    pub keys: KeySource,
}

/// The judge of tokens. Clones share keys and memory.
#[derive(Clone)]
pub struct Tokens(Arc<Inner>);

struct Inner {
    config: TokenConfig,
    keys: Arc<Keys>,
    verified: Verified,
    clock: fn() -> DateTime<Utc>,
}

impl Tokens {
    /// Reads the keys. An address that does not answer is no error: a warning is logged, and the first token asks
    /// again.
    ///
    /// # Errors
    /// A file that cannot be read or has no key that could be used; a system without root certificates, if the keys are
    /// behind https.
    pub async fn new(config: TokenConfig) -> Result<Self, KeysError> {
        Self::with_clock(config, clock::now).await
    }

    async fn with_clock(config: TokenConfig, clock: fn() -> DateTime<Utc>) -> Result<Self, KeysError> {
        let keys = Keys::new(config.keys.clone()).await?;
        Ok(Self(Arc::new(Inner { config, keys, verified: Verified::new(), clock })))
    }

    /// The claims of a token that is genuine now. The same token costs a hash and a look-up from the second time on.
    ///
    /// A token of an unknown key waits for the issuer's keys, five seconds at most, if it is time to ask for them.
    ///
    /// # Errors
    /// Why it is not believed.
    pub async fn verify(&self, token: &str) -> Result<Arc<Claims>, TokenError> {
        if token.len() > LONGEST {
            return Err(TokenError::TooLong);
        }
        let Inner { config, keys, verified: memory, clock } = &*self.0;
        keys.keep_fresh();
        // The digest, not the token: who reads our memory finds nothing that could be presented again.
        let digest = verified::sha256(token.as_bytes());
        if let Some(claims) = memory.get(&digest, keys.generation(), clock()) {
            return Ok(claims);
        }
        let signed = Signed::parse(token)?;
        let algorithm = signed.algorithm.filter(|algorithm| config.algorithms.contains(algorithm));
        let algorithm = algorithm.ok_or(TokenError::Algorithm)?;
        let mut set = keys.current();
        if set.find(algorithm, signed.kid.as_deref()).is_none() && keys.renewed().await {
            set = keys.current();
        }
        let key = set.find(algorithm, signed.kid.as_deref()).ok_or_else(|| set.missing())?;
        if !key.signed(&signed, algorithm) {
            return Err(TokenError::Signature);
        }
        let claims = Claims::parse(signed.payload)?;
        let end = claims.check(&config.issuer, &config.audience, clock())?;
        let claims = Arc::new(claims);
        memory.insert(digest, set.generation(), end, Arc::clone(&claims));
        Ok(claims)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("config", &self.0.config).finish_non_exhaustive()
    }
}
