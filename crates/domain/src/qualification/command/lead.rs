//! What is said about a lead.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::id::LeadId;
use crate::money::Money;
use crate::points::Points;
use crate::qualification::record::{
    ContactKind, Direction, LeadKind, Origin, Person, ProductLine, Suppression, Trigger,
};
use crate::score::Decay;

/// How a caller names a lead.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeadRef {
    /// By our key.
    Id(LeadId),
    /// By the id in the tenant's system of record.
    ExternalId(String),
    /// By the id in another of its systems of record.
    RecordId {
        /// The system, by slug.
        system: String,
        /// The id that the lead has there.
        id: String,
    },
    /// By address, in any notation.
    Email(String),
}

/// Add a lead, or add to what is known of it: an external id, a record id or an address that is there already names the
/// lead.
/// Absent fields stay as they are; the origin of a lead that exists is never touched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaptureLead {
    /// Who; at least one of external id, record id, address and phone (R7).
    pub person: Person,
    /// B2B or B2C.
    pub kind: Option<LeadKind>,
    /// The first touch; counts only for a new lead.
    pub origin: Option<Origin>,
    /// The persona, by slug.
    pub persona: Option<String>,
    /// Why it must not be handed over; setting one withdraws its open handoffs.
    pub suppression: Option<Suppression>,
    /// The line on which a new lead starts.
    pub line: ProductLine,
    /// When it was captured or the change was learnt.
    pub occurred_at: Option<DateTime<Utc>>,
    /// The version that the caller read; another one is [`crate::error::Error::Stale`].
    pub version: Option<i64>,
}

/// Note what a lead did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordActivity {
    /// Who.
    pub lead: LeadRef,
    /// What, as the tenant calls it.
    pub kind: String,
    /// Details; personal.
    pub properties: BTreeMap<String, String>,
    /// When.
    pub occurred_at: Option<DateTime<Utc>>,
}

/// Make a lead an MQL, by hand or because it was marked sales-ready (R24). A customer that is qualified again starts
/// a new cycle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QualifyLead {
    /// Who.
    pub lead: LeadRef,
    /// On which line.
    pub line: ProductLine,
    /// What made it: MANUAL or SALES_READY.
    pub trigger: Trigger,
}

/// Take over a stage that was set in a CRM (R23).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetStage {
    /// Whose.
    pub lead: LeadRef,
    /// On which line.
    pub line: ProductLine,
    /// What stands in the CRM's field.
    pub value: String,
    /// Up to where the CRM had every change when it was set.
    pub last_position: i64,
    /// The slug of the user who set it; absent: whoever asks.
    pub user: Option<String>,
    /// Why, where the way needs a reason.
    pub reason: Option<String>,
    /// In words; personal.
    pub note: Option<String>,
}

/// Send a lead to a nurture flow, or to another one (R12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NurtureLead {
    /// Who.
    pub lead: LeadRef,
    /// On which line.
    pub line: ProductLine,
    /// Which flow.
    pub segment: String,
}

/// Note a contact with a lead. It counts for the open handoff, or the latest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordContact {
    /// With whom.
    pub lead: LeadRef,
    /// About which line; absent: the one whose handoff is open, or the latest.
    pub line: Option<ProductLine>,
    /// How it went.
    pub kind: ContactKind,
    /// Who started it.
    pub direction: Direction,
    /// Whether a human did it, and not a machine.
    pub human: bool,
    /// By what means, as the tenant calls it.
    pub channel: String,
    /// When.
    pub occurred_at: Option<DateTime<Utc>>,
}

/// What came of a lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A deal is in the making.
    Opened {
        /// What it is expected to bring.
        amount: Option<Money>,
    },
    /// It was made.
    Won {
        /// What it brings.
        amount: Option<Money>,
    },
    /// It was not made.
    Lost {
        /// Why, as the tenant calls it.
        reason: Option<String>,
    },
}

/// Note what came of a lead. Stages that were not seen are skipped, never invented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordOutcome {
    /// Of whom.
    pub lead: LeadRef,
    /// On which line.
    pub line: ProductLine,
    /// What.
    pub outcome: Outcome,
    /// When.
    pub occurred_at: Option<DateTime<Utc>>,
}

/// Judge a lead: by what it did, what is known of it, and what is in effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgeLead {
    /// Which.
    pub lead: LeadId,
    /// Why.
    pub cause: JudgeCause,
}

/// Why a lead is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JudgeCause {
    /// Its time has come: something of its own happened, or was bound to.
    Due,
    /// What leads are judged by was published.
    Published,
}

/// Give or take points by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdjustScore {
    /// Whose.
    pub lead: LeadRef,
    /// How many; negative ones are taken.
    pub points: Points,
    /// How they fade.
    pub decay: Decay,
    /// Why.
    pub note: String,
}

/// Count a lead's behaviour anew from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetScore {
    /// Whose.
    pub lead: LeadRef,
}
