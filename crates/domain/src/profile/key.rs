//! How attributes are called.

use std::fmt;
use std::str::FromStr;

/// The name of an attribute, or of an activity's property: a lower-case letter, then lower-case letters, digits or
/// underscores, at most 64 characters: `annual_revenue`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttributeKey {
    /// The first eight bytes of the text, so that keys are mostly told apart, in the order of their texts, by one
    /// comparison of numbers: every criterion looks its attribute up by key.
    head: u64,
    text: String,
}

impl AttributeKey {
    /// The longest key, in characters.
    pub const MAX_CHARS: usize = 64;

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for AttributeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
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
        f.write_str(&self.text)
    }
}

impl FromStr for AttributeKey {
    type Err = InvalidKey;

    fn from_str(text: &str) -> Result<Self, InvalidKey> {
        if !is_key(text) {
            return Err(InvalidKey);
        }
        // Zeros fill up a short one, as no key has them.
        let mut head = [0; 8];
        head.iter_mut().zip(text.bytes()).for_each(|(place, byte)| *place = byte);
        Ok(Self { head: u64::from_be_bytes(head), text: text.to_owned() })
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

    #[test]
    fn keys_are_in_the_order_of_their_texts() {
        let texts = ["a", "ab", "annual_r", "annual_revenue", "annual_revenues", "annual_s", "b"];
        let keys: Vec<AttributeKey> = texts.iter().map(|text| text.parse().expect("a key")).collect();
        assert!(keys.is_sorted_by(|one, other| one < other), "{keys:?}");
    }
}
