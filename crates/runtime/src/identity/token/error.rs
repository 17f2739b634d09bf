//! Why a token is not believed, in words that any caller may read, and why keys cannot be had, in words for whoever
//! runs the service. Neither quotes what was sent to us.

use std::error::Error;
use std::io;
use std::path::PathBuf;

/// Why a token is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// More than 16 KiB.
    #[error("the token is longer than 16 KiB")]
    TooLong,
    /// Not three parts of base64url around JSON, or a claim of the wrong type.
    #[error("the token is not a JSON web token")]
    Malformed,
    /// None, a symmetric one, or one that is not listed.
    #[error("the token's algorithm is not accepted here")]
    Algorithm,
    /// It demands that its reader understand something more.
    #[error("the token has a critical extension, and none is known here")]
    Critical,
    /// No key, or more than one, could have signed it.
    #[error("the token is signed with a key that is not known here")]
    UnknownKey,
    /// The key exists and did not sign this.
    #[error("the token's signature is wrong")]
    Signature,
    /// Somebody else's.
    #[error("the token is from another issuer")]
    Issuer,
    /// For somebody else.
    #[error("the token is for another audience")]
    Audience,
    /// Since more than the leeway.
    #[error("the token has expired")]
    Expired,
    /// `nbf` or `iat` lies ahead by more than the leeway.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// Nothing is assumed in its place.
    #[error("the token has no claim {0}")]
    MissingClaim(&'static str),
    /// Not the token's fault: the issuer's keys have never been had, or it has none.
    #[error("the issuer's keys are not available; try again later")]
    NoKeys,
}

/// Why keys cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// Not a URL that keys could be fetched from.
    #[error("the address of the keys {0}")]
    Address(&'static str),
    /// Nobody behind https could be believed.
    #[error("the system's root certificates cannot be read")]
    Roots(#[source] io::Error),
    /// The file is not there, not ours to read, or not a file.
    #[error("the file of the keys, {path}, cannot be read", path = .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The issuer cannot be reached, or the connection broke.
    #[error("the address of the keys cannot be reached")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// The issuer answers something other than 200; where a redirect points to, nobody configured.
    #[error("the address of the keys answers with the status {0}")]
    Refused(u16),
    /// The answer took longer than five seconds.
    #[error("the keys did not come within 5 s")]
    TooSlow,
    /// The answer is longer than 1 MiB.
    #[error("the keys are longer than 1 MiB")]
    TooLong,
    /// Not `{"keys": […]}`.
    #[error("the keys are not a JSON web key set")]
    NotKeys,
    /// The file's keys are all of other kinds, for encryption, or too short.
    #[error("none of the keys can be used: RSA from 2048 bits, P-256, P-384 and Ed25519 can, for signatures")]
    NoneUsable,
}

impl KeysError {
    /// The failure and its causes on one line.
    pub(super) fn one_line(&self) -> String {
        let mut line = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            line = format!("{line}: {error}");
            cause = error.source();
        }
        line
    }
}
