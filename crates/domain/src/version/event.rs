//! What can happen to a version. An event holds everything that its fold needs and no personal value; facts that a
//! fold could find itself (the hash, whether it is signed) are in it for readers that keep no documents.

use chrono::{DateTime, Utc};

use super::document::{ContentHash, Document};
use super::subject::Subject;
use crate::actor::Side;
use crate::word::words;

words! {
    /// Why a version is a draft.
    pub enum DraftCause {
        /// Somebody wrote it, for the first time or anew.
        Edit = "EDIT",
        /// Somebody took it back before it took effect; it says what it said.
        Withdrawal = "WITHDRAWAL",
    }

    /// Why a signature does not count any more.
    pub enum WithdrawalReason {
        /// Its signer took it back.
        Withdrawn = "WITHDRAWN",
        /// Its signer is no longer active (edge case 29).
        SignerLeft = "SIGNER_LEFT",
        /// Its signer speaks for another side now (edge case 29).
        SignerChangedSide = "SIGNER_CHANGED_SIDE",
    }
}

/// A version was written, or is a draft again; signatures and schedule are void.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionDrafted {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// What it is a version of.
    pub subject: Subject,
    /// Its number; a new one if it is new.
    pub number: u32,
    /// What it says now.
    pub document: Document,
    /// The hash of that.
    pub hash: ContentHash,
    /// Who did it.
    pub by: String,
    /// Why it is a draft.
    pub cause: DraftCause,
}

/// A draft was put before both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionSubmitted {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// What it is a version of.
    pub subject: Subject,
    /// Its number.
    pub number: u32,
    /// Who did it.
    pub by: String,
}

/// A person has signed a content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionSigned {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// What it is a version of.
    pub subject: Subject,
    /// Its number.
    pub number: u32,
    /// The content.
    pub hash: ContentHash,
    /// Who: `users/ada`.
    pub signed_by: String,
    /// For which side.
    pub side: Side,
}

/// A signature does not count any more, and the version is a draft again, without any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureWithdrawn {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// What it is a version of.
    pub subject: Subject,
    /// Its number.
    pub number: u32,
    /// Whose signature.
    pub signed_by: String,
    /// For which side it was.
    pub side: Side,
    /// Why.
    pub reason: WithdrawalReason,
}

/// One person of each side has signed exactly this content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionApproved {
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// What it is a version of.
    pub subject: Subject,
    /// Its number.
    pub number: u32,
    /// The content.
    pub hash: ContentHash,
}

/// It is settled when an approved version takes effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionScheduled {
    /// When this was settled.
    pub occurred_at: DateTime<Utc>,
    /// What it is a version of.
    pub subject: Subject,
    /// Its number.
    pub number: u32,
    /// When it takes effect.
    pub effective_from: DateTime<Utc>,
    /// Who did it.
    pub by: String,
}

/// A version took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionEffective {
    /// When, whenever this was noticed: the scheduled instant.
    pub effective_from: DateTime<Utc>,
    /// What it is a version of.
    pub subject: Subject,
    /// Its number.
    pub number: u32,
    /// The content.
    pub hash: ContentHash,
    /// Whether both sides have signed it; only a starter contract is in effect without.
    pub signed: bool,
}

/// A version is no longer in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRetired {
    /// Since when, whenever this was noticed: the instant at which the next one took effect.
    pub effective_until: DateTime<Utc>,
    /// What it is a version of.
    pub subject: Subject,
    /// Its number.
    pub number: u32,
}

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident at $at:ident)+) => {
        /// Something that happened to a version.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum VersionEvent {
            $($(#[$doc])* $name($name),)+
        }

        impl VersionEvent {
            /// Its name in the log.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => stringify!($name),)+
                }
            }

            /// When it happened in the world.
            pub fn occurred_at(&self) -> DateTime<Utc> {
                match self {
                    $(Self::$name(event) => event.$at,)+
                }
            }

            /// What it is about.
            pub fn subject(&self) -> Subject {
                match self {
                    $(Self::$name(event) => event.subject,)+
                }
            }

            /// Which version of that. It is the only one that the event changes.
            pub fn number(&self) -> u32 {
                match self {
                    $(Self::$name(event) => event.number,)+
                }
            }
        }

        $(impl From<$name> for VersionEvent {
            fn from(event: $name) -> Self {
                Self::$name(event)
            }
        })+
    };
}

events! {
    /// A version was written, or is a draft again.
    VersionDrafted at occurred_at
    /// A draft was put before both sides.
    VersionSubmitted at occurred_at
    /// A person has signed a content.
    VersionSigned at occurred_at
    /// A signature does not count any more.
    SignatureWithdrawn at occurred_at
    /// Both sides have signed.
    VersionApproved at occurred_at
    /// It is settled when it takes effect.
    VersionScheduled at occurred_at
    /// It took effect.
    VersionEffective at effective_from
    /// It is no longer in effect.
    VersionRetired at effective_until
}
