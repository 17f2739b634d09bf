//! Keyset pages: a token holds the key of the last row sent, so that a list neither skips nor repeats rows that were
//! there all along, however long it is. It is opaque, and bound to the method, the tenant and the filters that it was
//! given out for: with others it would point into another list.
//!
//! The checksum keeps honest callers from mistakes. It is no secret and protects nothing: what a caller may see is
//! decided for every page anew.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use handoff_domain::error::Violation;
use handoff_domain::id::TenantId;
use sha2::{Digest, Sha256};
use uuid::Uuid;

const VERSION: u8 = 1;
const CHECK_BYTES: usize = 12;

/// What a page token is good for.
#[derive(Debug, Clone)]
pub struct Binding(Sha256);

impl Binding {
    /// A list of one tenant by `method` (`ListHandoffs`).
    pub fn new(method: &str, tenant: TenantId) -> Self {
        Self(Sha256::new()).with(method).with(&tenant.to_string())
    }

    /// Narrowed by a filter. Give all filters, in a fixed order, the empty ones too; the page size is none.
    #[must_use]
    pub fn with(mut self, filter: &str) -> Self {
        // With its length, so that "ab" + "c" is not "a" + "bc".
        self.0.update((filter.len() as u64).to_be_bytes());
        self.0.update(filter);
        self
    }

    /// The token for the page after the row with this key.
    pub fn token(&self, key: &impl Key) -> String {
        let mut bytes = vec![VERSION];
        key.write(&mut bytes);
        let check = self.check(&bytes);
        bytes.extend(check);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The key that `token` continues after; `None` for the first page, whose token is empty.
    ///
    /// # Errors
    /// A violation of `page_token` for a token that this list did not give out.
    pub fn key<K: Key>(&self, token: &str) -> Result<Option<K>, Violation> {
        if token.is_empty() {
            return Ok(None);
        }
        self.read(token).map(Some).ok_or_else(|| Violation {
            field: "page_token".to_owned(),
            description: "is not a token of this list with these filters; start again without one".to_owned(),
        })
    }

    fn read<K: Key>(&self, token: &str) -> Option<K> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (content, check) = bytes.split_at_checked(bytes.len().checked_sub(CHECK_BYTES)?)?;
        if check != self.check(content) {
            return None;
        }
        let (version, mut rest) = content.split_first()?;
        let key = K::read(&mut rest)?;
        (*version == VERSION && rest.is_empty()).then_some(key)
    }

    fn check(&self, content: &[u8]) -> [u8; CHECK_BYTES] {
        let digest = self.0.clone().chain_update(content).finalize();
        let mut check = [0; CHECK_BYTES];
        check.copy_from_slice(&digest[..CHECK_BYTES]);
        check
    }
}

/// The sort key of a list, or a part of it.
pub trait Key: Sized {
    /// Appends it to a token.
    fn write(&self, token: &mut Vec<u8>);
    /// Takes it from the front of what is left of a token.
    fn read(token: &mut &[u8]) -> Option<Self>;
}

impl Key for i64 {
    fn write(&self, token: &mut Vec<u8>) {
        token.extend(self.to_be_bytes());
    }

    fn read(token: &mut &[u8]) -> Option<Self> {
        token.split_off(..8)?.try_into().ok().map(Self::from_be_bytes)
    }
}

/// To the microsecond.
impl Key for DateTime<Utc> {
    fn write(&self, token: &mut Vec<u8>) {
        self.timestamp_micros().write(token);
    }

    fn read(token: &mut &[u8]) -> Option<Self> {
        Self::from_timestamp_micros(i64::read(token)?)
    }
}

impl Key for Uuid {
    fn write(&self, token: &mut Vec<u8>) {
        token.extend(self.as_bytes());
    }

    fn read(token: &mut &[u8]) -> Option<Self> {
        token.split_off(..16)?.try_into().ok().map(Self::from_bytes)
    }
}

/// Names and other short texts.
impl Key for String {
    fn write(&self, token: &mut Vec<u8>) {
        i64::try_from(self.len()).unwrap_or(i64::MAX).write(token);
        token.extend(self.as_bytes());
    }

    fn read(token: &mut &[u8]) -> Option<Self> {
        let length = usize::try_from(i64::read(token)?).ok()?;
        let bytes = token.split_off(..length)?;
        std::str::from_utf8(bytes).ok().map(str::to_owned)
    }
}

impl<A: Key, B: Key> Key for (A, B) {
    fn write(&self, token: &mut Vec<u8>) {
        self.0.write(token);
        self.1.write(token);
    }

    fn read(token: &mut &[u8]) -> Option<Self> {
        Some((A::read(token)?, B::read(token)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type ByDate = (DateTime<Utc>, Uuid);

    fn list(state: &str) -> Binding {
        Binding::new("ListHandoffs", TenantId::from_slug("acme")).with(state).with("")
    }

    fn key() -> ByDate {
        (DateTime::from_timestamp_micros(1_763_812_800_123_456).expect("in range"), Uuid::from_u128(7))
    }

    fn check_refused(binding: &Binding, token: &str) {
        let refusal = binding.key::<ByDate>(token).expect_err(token);
        assert_eq!(refusal.field, "page_token");
    }

    #[test]
    fn a_token_gives_its_key_back() {
        assert_eq!(list("ASSIGNED").key(&list("ASSIGNED").token(&key())), Ok(Some(key())));
        let names = Binding::new("ListUsers", TenantId::from_slug("acme"));
        assert_eq!(names.key(&names.token(&"ada".to_owned())), Ok(Some("ada".to_owned())));
        assert_eq!(list("ASSIGNED").key::<ByDate>(""), Ok(None));
    }

    #[test]
    fn a_token_of_another_list_is_refused() {
        let token = list("ASSIGNED").token(&key());
        check_refused(&list("ACCEPTED"), &token);
        check_refused(
            &Binding::new("ListHandoffs", TenantId::from_slug("other")).with("ASSIGNED").with(""),
            &token,
        );
        check_refused(
            &Binding::new("ListClocks", TenantId::from_slug("acme")).with("ASSIGNED").with(""),
            &token,
        );
    }

    #[test]
    fn a_token_with_any_changed_character_is_refused() {
        let token = list("").token(&key());
        for at in 0..token.len() {
            let other = if &token[at..=at] == "A" { "B" } else { "A" };
            let changed = format!("{}{other}{}", &token[..at], &token[at + 1..]);
            check_refused(&list(""), &changed);
            check_refused(&list(""), &token[..at.max(1)]);
        }
        for noise in ["x", "not a token", "%%%", "AAAAAAAAAAAAAAAA"] {
            check_refused(&list(""), noise);
        }
    }
}
