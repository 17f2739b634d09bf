//! The content of a version as lines that people read and sign, and the hash that their signatures are on.
//!
//! A document does not know what its lines mean: criteria, models and contracts write them, with values as people
//! would say them ("30 days"), so that what is signed is what was read and not its encoding.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// The content of a version: what holds, by the path of where it says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    lines: BTreeMap<String, String>,
}

impl Document {
    /// The lines, by path.
    pub fn lines(&self) -> &BTreeMap<String, String> {
        &self.lines
    }

    /// Whether it says nothing: the agreement that nothing applies any more.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// SHA-256 of the lines by path in the order of their bytes: each path and each value as its length, eight bytes
    /// big-endian, and then its UTF-8. Lengths come first so that no two documents run together to the same bytes.
    /// Frozen: signatures in logs are on it.
    pub fn hash(&self) -> ContentHash {
        let mut sha = Sha256::new();
        for text in self.lines.iter().flat_map(|(path, value)| [path, value]) {
            // A usize fits eight bytes on every platform that Rust runs on.
            sha.update((text.len() as u64).to_be_bytes());
            sha.update(text);
        }
        ContentHash(sha.finalize().into())
    }
}

impl From<BTreeMap<String, String>> for Document {
    fn from(lines: BTreeMap<String, String>) -> Self {
        Self { lines }
    }
}

impl<P: Into<String>, V: Into<String>> FromIterator<(P, V)> for Document {
    fn from_iter<I: IntoIterator<Item = (P, V)>>(lines: I) -> Self {
        Self { lines: lines.into_iter().map(|(path, value)| (path.into(), value.into())).collect() }
    }
}

/// What a signature is on; two documents with the same hash are the same document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// Its bytes, as the store keeps them.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for ContentHash {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for ContentHash {
    type Err = NoContentHash;

    fn from_str(text: &str) -> Result<Self, NoContentHash> {
        // Checked first: `from_str_radix` would take a sign and upper case, and a hash has one text.
        let is_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 64 || !text.as_bytes().iter().all(is_hex) {
            return Err(NoContentHash);
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            let digits = &text[2 * index..2 * index + 2];
            *byte = u8::from_str_radix(digits, 16).map_err(|_| NoContentHash)?;
        }
        Ok(Self(bytes))
    }
}

/// The text is not a content hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoContentHash;

impl fmt::Display for NoContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a content hash is 64 lower-case hexadecimal digits")
    }
}

impl std::error::Error for NoContentHash {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_frozen() {
        // printf '\0\0\0\0\0\0\0\3a.b\0\0\0\0\0\0\0\00210' | sha256sum
        let document = Document::from_iter([("a.b", "10")]);
        assert_eq!(
            document.hash().to_string(),
            "f7db6014de32a33afe21e5deb34549c0baf6f6550eab56462047aefe77412470"
        );
        // Of no bytes at all.
        assert_eq!(
            Document::default().hash().to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn lines_do_not_run_together() {
        let texts: [&[(&str, &str)]; 6] = [
            &[("ab", "c")],
            &[("a", "bc")],
            &[("", "abc")],
            &[("a", "b"), ("c", "")],
            &[("a", ""), ("b", "c")],
            &[("a", "b\0c")],
        ];
        let hashes = texts.map(|lines| Document::from_iter(lines.iter().copied()).hash());
        for (index, hash) in hashes.iter().enumerate() {
            assert!(!hashes[..index].contains(hash), "{:?}", texts[index]);
        }
    }

    #[test]
    fn a_hash_has_one_text_and_comes_back_from_it() {
        let hash = Document::from_iter([("a", "1")]).hash();
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert_eq!(ContentHash::from(*hash.as_bytes()), hash);
        let upper = hash.to_string().to_uppercase();
        for bad in ["", "12", &upper, &"+1".repeat(32), &"é".repeat(32)] {
            assert_eq!(bad.parse::<ContentHash>(), Err(NoContentHash), "{bad}");
        }
    }
}
