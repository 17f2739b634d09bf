//! The versions of one subject, and what is in effect at any instant, past or planned.

use chrono::{DateTime, Utc};

use super::document::{ContentHash, Document};
use super::subject::Subject;
use crate::actor::Side;
use crate::word::words;

words! {
    /// How far a version has come.
    pub enum VersionState {
        /// Being written; carries no signature.
        Draft = "DRAFT",
        /// Put before both sides; one of them may have signed.
        InReview = "IN_REVIEW",
        /// Signed by one person of each side.
        Approved = "APPROVED",
        /// Approved, with the instant at which it takes effect.
        Scheduled = "SCHEDULED",
        /// In effect.
        Effective = "EFFECTIVE",
        /// No longer in effect.
        Retired = "RETIRED",
    }
}

impl VersionState {
    /// Whether the version has not taken effect yet, so that it may still be changed.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Draft | Self::InReview | Self::Approved | Self::Scheduled)
    }
}

/// One key, turned: a person has signed a content for a side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// For which side.
    pub side: Side,
    /// Who: `users/ada`.
    pub signed_by: String,
    /// What.
    pub hash: ContentHash,
    /// When.
    pub signed_at: DateTime<Utc>,
}

/// One version of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// What it is a version of.
    pub subject: Subject,
    /// 1, 2, 3 …
    pub number: u32,
    /// How far it has come.
    pub state: VersionState,
    /// What it says.
    pub document: Document,
    /// The hash of that.
    pub hash: ContentHash,
    /// Who has signed that, in the order of signing; at most one person of each side.
    pub signatures: Vec<Signature>,
    /// Since when it is in effect, or will be once it is scheduled.
    pub effective_from: Option<DateTime<Utc>>,
    /// Until when it was, exclusive.
    pub effective_until: Option<DateTime<Utc>>,
    /// Who wrote what it says: a principal.
    pub drafted_by: String,
    /// When.
    pub drafted_at: DateTime<Utc>,
}

impl Version {
    /// Both keys.
    const KEYS: [Side; 2] = [Side::Marketing, Side::Sales];

    /// `criteria-sets/b2b/versions/3`.
    pub fn name(&self) -> String {
        self.subject.version_name(self.number)
    }

    /// The signature for `side`, if there is one.
    pub fn signature_of(&self, side: Side) -> Option<&Signature> {
        self.signatures.iter().find(|signature| signature.side == side)
    }

    /// The sides that have not signed what it says now.
    pub fn missing(&self) -> Vec<Side> {
        let signed = |side: &Side| self.signature_of(*side).is_some_and(|it| it.hash == self.hash);
        Self::KEYS.into_iter().filter(|side| !signed(side)).collect()
    }

    /// Whether one person of each side has signed exactly what it says. A version that is in effect without it is a
    /// starter contract, and is shown as UNSIGNED everywhere.
    pub fn is_signed(&self) -> bool {
        self.missing().is_empty()
    }
}

/// All versions of one subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions {
    pub(super) subject: Subject,
    /// By number, from 1, without a gap.
    pub(super) list: Vec<Version>,
}

impl Versions {
    /// A subject that has no version yet.
    pub fn new(subject: Subject) -> Self {
        Self { subject, list: Vec::new() }
    }

    /// The versions as they were saved, in any order. All of the subject's: a decision about one needs the others.
    pub fn load(subject: Subject, mut list: Vec<Version>) -> Self {
        list.sort_by_key(|version| version.number);
        Self { subject, list }
    }

    /// What they are versions of.
    pub fn subject(&self) -> Subject {
        self.subject
    }

    /// All of them, by number.
    pub fn list(&self) -> &[Version] {
        &self.list
    }

    /// The version with this number.
    pub fn version(&self, number: u32) -> Option<&Version> {
        self.list.iter().find(|version| version.number == number)
    }

    /// The next version, if one is under way; there is at most one.
    pub fn open(&self) -> Option<&Version> {
        self.list.iter().rev().find(|version| version.state.is_open())
    }

    /// The version in state EFFECTIVE. Questions about an instant are for [`Versions::in_effect`].
    pub(super) fn effective(&self) -> Option<&Version> {
        self.list.iter().rev().find(|version| version.state == VersionState::Effective)
    }

    /// The number of a new version.
    pub(super) fn next_number(&self) -> u32 {
        self.list.last().map_or(1, |version| version.number + 1)
    }

    /// What is in effect at `at`, as far as is known: of the future, what is scheduled. It makes no difference whether
    /// a schedule that has passed was already noted by [`super::take_effect`]. None where nothing is (edge case 28).
    pub fn in_effect(&self, at: DateTime<Utc>) -> Option<&Version> {
        let has_begun = |version: &&Version| version.effective_from.is_some_and(|from| from <= at);
        // Versions follow one another in the order of numbers, each until the next, so that the last one to have begun
        // decides. An empty one is the end of what was before.
        self.list.iter().rev().find(has_begun).filter(|version| !version.document.is_empty())
    }

    /// The first instant after `after` at which another version than before is in effect, or none, as far as is known.
    pub fn next_change(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let edges = self.list.iter().flat_map(|version| [version.effective_from, version.effective_until]);
        edges.flatten().filter(|edge| *edge > after).min()
    }
}
