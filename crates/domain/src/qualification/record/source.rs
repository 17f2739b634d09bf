//! Where an imported item came from, so that importing it again changes nothing.

use crate::word::words;

/// A SHA-256. The services compute it; the domain only compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

words! {
    /// What kind of item a source key names; keys are unique per tenant and kind.
    pub enum SourceKind {
        /// A lead, with the row it came in; the same key may come again with other content.
        Lead = "LEAD",
        /// An activity of a lead.
        Activity = "ACTIVITY",
        /// A move of a lead or a decision about its handoff.
        Transition = "TRANSITION",
        /// A contact with a lead.
        Contact = "CONTACT",
        /// An opportunity opened, won or lost.
        Outcome = "OUTCOME",
    }
}

/// The identity of an item in its source: a digest of the key, because the key itself may be a personal id, which
/// the log must not hold. Mapped columns make the key, or else the whole row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceKey {
    /// What it names.
    pub kind: SourceKind,
    /// The digest of the key as the source has it.
    pub key: Digest,
}

/// A source key with the digest of the content that came under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// The identity.
    pub key: SourceKey,
    /// What was said under it.
    pub content: Digest,
}
