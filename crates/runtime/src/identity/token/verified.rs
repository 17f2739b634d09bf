//! The tokens that were verified already, by their SHA-256. At most 10,000 are remembered, the ones least used are
//! forgotten first; none outlives its own end or the keys that it was verified with. What was refused is not
//! remembered.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest;
use chrono::{DateTime, Utc};

use super::claims::{Claims, Seconds};

const MOST: usize = 10_000;
/// Calls at the same moment rarely meet in one.
const SHARDS: usize = 16;
/// Each of a shard's two halves.
const HALF: usize = MOST / SHARDS / 2;

pub(super) type Digest = [u8; 32];

/// Of aws-lc, as this is most of what a call costs: the `sha2` crate takes twice as long where the processor does not help.
pub(super) fn sha256(bytes: &[u8]) -> Digest {
    digest::digest(&digest::SHA256, bytes).as_ref().try_into().expect("a SHA-256 has 32 bytes")
}

/// The memory.
pub(super) struct Verified {
    shards: [Mutex<Shard>; SHARDS],
}

/// New entries and those in use go to `young`; once it is full it becomes `old`, and what was old is forgotten.
#[derive(Default)]
struct Shard {
    generation: u64,
    young: HashMap<Digest, Entry>,
    old: HashMap<Digest, Entry>,
}

struct Entry {
    end: Seconds,
    claims: Arc<Claims>,
}

impl Verified {
    pub(super) fn new() -> Self {
        Self { shards: std::array::from_fn(|_| Mutex::default()) }
    }

    /// The claims of a token that the keys of `generation` verified and that has not ended.
    pub(super) fn get(&self, token: &Digest, generation: u64, now: DateTime<Utc>) -> Option<Arc<Claims>> {
        self.with(token, generation, |shard| {
            if let Some(entry) = shard.young.get(token) {
                return entry.claims_at(now);
            }
            let entry = shard.old.remove(token)?;
            let claims = entry.claims_at(now)?;
            shard.insert(*token, entry);
            Some(claims)
        })
    }

    /// Remembers that the keys of `generation` verified a token and that its `end` is then.
    pub(super) fn insert(&self, token: Digest, generation: u64, end: Seconds, claims: Arc<Claims>) {
        self.with(&token, generation, |shard| {
            shard.insert(token, Entry { end, claims });
            Some(())
        });
    }

    /// Shows the token's shard, emptied if it is of earlier keys. Whoever comes with earlier keys sees nothing.
    fn with<T>(
        &self,
        token: &Digest,
        generation: u64,
        see: impl FnOnce(&mut Shard) -> Option<T>,
    ) -> Option<T> {
        let shard = &self.shards[usize::from(token[0]) % SHARDS];
        // A panic elsewhere leaves whole entries.
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        if shard.generation < generation {
            *shard = Shard { generation, ..Shard::default() };
        }
        if shard.generation == generation { see(&mut shard) } else { None }
    }
}

impl Entry {
    fn claims_at(&self, now: DateTime<Utc>) -> Option<Arc<Claims>> {
        (Seconds::of(now) < self.end).then(|| Arc::clone(&self.claims))
    }
}

impl Shard {
    fn insert(&mut self, token: Digest, entry: Entry) {
        if self.young.len() >= HALF {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(token, entry);
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn digest(number: usize) -> Digest {
        sha256(&number.to_le_bytes())
    }

    fn insert(verified: &Verified, number: usize, generation: u64, end: DateTime<Utc>) {
        let claims = Arc::new(Claims::parse("e30").expect("an empty object"));
        verified.insert(digest(number), generation, Seconds::of(end), claims);
    }

    fn later(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn a_token_is_known_until_its_end() {
        let verified = Verified::new();
        insert(&verified, 7, 1, later(100));
        assert!(verified.get(&digest(7), 1, later(99)).is_some());
        assert!(verified.get(&digest(7), 1, later(100)).is_none());
        assert!(verified.get(&digest(8), 1, later(99)).is_none());
    }

    #[test]
    fn other_keys_empty_it_and_earlier_ones_add_nothing() {
        let verified = Verified::new();
        insert(&verified, 7, 1, later(100));
        assert!(verified.get(&digest(7), 2, later(0)).is_none());
        insert(&verified, 7, 1, later(100));
        assert!(verified.get(&digest(7), 1, later(0)).is_none());
        assert!(verified.get(&digest(7), 2, later(0)).is_none());
    }

    #[test]
    fn it_is_bounded_and_keeps_what_is_used() {
        let verified = Verified::new();
        for number in 0..3 * MOST {
            insert(&verified, number, 1, later(100));
            assert!(verified.get(&digest(0), 1, later(0)).is_some(), "in use, at {number}");
        }
        let known: usize = verified
            .shards
            .iter()
            .map(|shard| {
                let shard = shard.lock().expect("nobody panicked");
                shard.young.len() + shard.old.len()
            })
            .sum();
        assert!((MOST / 3..=MOST).contains(&known), "{known}");
        assert!(verified.get(&digest(1), 1, later(0)).is_none(), "not used since");
    }
}
