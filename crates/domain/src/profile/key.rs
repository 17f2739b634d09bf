//! How attributes are called.

use std::fmt;
use std::str::FromStr;

/// The name of an attribute, or of an activity's property: a lower-case letter, then lower-case letters, digits or
/// underscores, at most 64 characters: `annual_revenue`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeKey(String);

impl AttributeKey {
    /// The longest key, in characters.
    pub const MAX_CHARS: usize = 64;

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text is a key.
pub(crate) fn is_key(text: &str) -> bool {
    text.len() <= AttributeKey::MAX_CHARS
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

impl fmt::Display for AttributeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for AttributeKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        if is_key(text) { Ok(Self(text.to_owned())) } else { Err(InvalidKey) }
    }
}

/// The text cannot name an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidKey;

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "is a lower-case letter, then lower-case letters, digits or underscores, at most 64 characters: annual_revenue",
        )
    }
}

impl std::error::Error for InvalidKey {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_snake_case_slug_of_64_characters_and_not_one_more() {
        for good in ["a", "annual_revenue", "q1_2026", &"a".repeat(64)] {
            assert_eq!(good.parse::<AttributeKey>().map(|key| key.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", "_a", "1a", "Employees", "a-b", "a b", "ä", &"a".repeat(65)] {
            assert_eq!(bad.parse::<AttributeKey>(), Err(InvalidKey), "{bad}");
        }
    }
}
