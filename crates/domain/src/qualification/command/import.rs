//! A lead and its history from elsewhere: one row of a CRM's export. It lands whole or not at all, and importing it
//! again changes nothing. Guards do not hold for the past; the machine does.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::money::Money;
use crate::qualification::command::{CaptureLead, LeadRef};
use crate::qualification::record::{ContactKind, Direction, ProductLine, Source, SourceKind};
use crate::qualification::rejection::{Disposition, RejectionReason};
use crate::qualification::stage::Stage;

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Whose history.
    pub subject: Subject,
    /// What happened, in the order in which it is to be told; never reordered by time.
    pub entries: Vec<Entry>,
}

/// Whose history an item tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A lead that the item describes; added, or added to.
    Capture {
        /// The row it came in, of kind LEAD. The same content again says nothing, even if the lead changed since.
        source: Source,
        /// The lead.
        lead: Box<CaptureLead>,
    },
    /// A lead that must be there.
    Existing(LeadRef),
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its identity in the source, of the kind that [`Past::source_kind`] says. Without content digest equality it is
    /// a conflict.
    pub source: Source,
    /// When.
    pub occurred_at: DateTime<Utc>,
    /// On which line.
    pub line: ProductLine,
    /// What.
    pub past: Past,
}

/// What happened. Users are named by slug and must exist; whether they are still active does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Past {
    /// The lead did something.
    Activity {
        /// What, as the tenant calls it.
        kind: String,
        /// Details; personal.
        properties: BTreeMap<String, String>,
    },
    /// It became an MQL.
    Qualified,
    /// Its handoff got an owner.
    Assigned {
        /// Who.
        owner: String,
    },
    /// Its handoff was accepted.
    Accepted {
        /// By whom; absent: the source does not say.
        by: Option<String>,
    },
    /// Its handoff was rejected.
    Rejected {
        /// By whom; absent: the source does not say.
        by: Option<String>,
        /// Why.
        reason: RejectionReason,
        /// What was done with the lead; absent: what the reason says.
        disposition: Option<Disposition>,
        /// In words; personal.
        note: Option<String>,
    },
    /// Sales gave it back after it had accepted it.
    Returned {
        /// NURTURE or DISQUALIFIED.
        to: Stage,
        /// Why, as the tenant calls it.
        reason: String,
    },
    /// Somebody was in contact with it.
    Contact {
        /// By whom; absent: the source does not say.
        by: Option<String>,
        /// How it went.
        kind: ContactKind,
        /// Who started it.
        direction: Direction,
        /// Whether a human did it.
        human: bool,
        /// By what means.
        channel: String,
    },
    /// A deal was in the making.
    OpportunityOpened {
        /// What it was expected to bring.
        amount: Option<Money>,
    },
    /// It was made.
    Won {
        /// What it brought.
        amount: Option<Money>,
    },
    /// It was not made.
    Lost {
        /// Why.
        reason: Option<String>,
    },
    /// It went to a nurture flow.
    Nurtured {
        /// Which.
        segment: Option<String>,
    },
    /// It was given up.
    Disqualified {
        /// Why, as the tenant calls it.
        reason: String,
    },
}

impl Past {
    /// The kind that the entry's source key must be of.
    pub fn source_kind(&self) -> SourceKind {
        match self {
            Self::Activity { .. } => SourceKind::Activity,
            Self::Contact { .. } => SourceKind::Contact,
            Self::OpportunityOpened { .. } | Self::Won { .. } | Self::Lost { .. } => SourceKind::Outcome,
            Self::Qualified
            | Self::Assigned { .. }
            | Self::Accepted { .. }
            | Self::Rejected { .. }
            | Self::Returned { .. }
            | Self::Nurtured { .. }
            | Self::Disqualified { .. } => SourceKind::Transition,
        }
    }
}
