//! A lead, its tracks and its activities. Who the person is lies apart, in [`super::Person`].

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};

use crate::id::{ActivityId, HandoffId, LeadId, OpportunityId, is_slug};
use crate::promotion::Ground;
use crate::qualification::stage::Stage;
use crate::word::words;

words! {
    /// Which set of criteria applies.
    pub enum LeadKind {
        /// An organisation buys.
        B2b = "B2B",
        /// A person buys.
        B2c = "B2C",
        /// Not known yet.
        Unknown = "UNKNOWN",
    }

    /// Who brought the lead, at its first touch.
    pub enum Channel {
        /// Marketing: the only one that counts as marketing-originated (F16).
        Marketing = "MARKETING",
        /// Sales development representatives.
        SalesDevelopment = "SALES_DEVELOPMENT",
        /// Sales itself.
        Sales = "SALES",
        /// A partner.
        Partner = "PARTNER",
        /// A recommendation.
        Referral = "REFERRAL",
        /// The source does not say.
        Unknown = "UNKNOWN",
    }

    /// Why nobody may qualify or contact the lead.
    pub enum Suppression {
        /// Nothing stands in the way.
        None = "NONE",
        /// Consent was withdrawn.
        Consent = "CONSENT",
        /// It works for a competitor.
        Competitor = "COMPETITOR",
        /// It is a customer already.
        Customer = "CUSTOMER",
        /// It is a test; reports leave it out (edge case 41).
        Test = "TEST",
    }
}

/// The first touch: where a lead came from. Never changed once the lead exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Who brought it.
    pub channel: Channel,
    /// For example `google`.
    pub source: Option<String>,
    /// For example `cpc`.
    pub medium: Option<String>,
    /// For example `spring-guide`.
    pub campaign: Option<String>,
}

impl Default for Origin {
    fn default() -> Self {
        Self { channel: Channel::Unknown, source: None, medium: None, campaign: None }
    }
}

/// A product line, by its slug; most tenants have only the default one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductLine(String);

impl ProductLine {
    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ProductLine {
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl fmt::Display for ProductLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProductLine {
    type Err = UnknownProductLine;

    fn from_str(slug: &str) -> Result<Self, UnknownProductLine> {
        if is_slug(slug) { Ok(Self(slug.to_owned())) } else { Err(UnknownProductLine) }
    }
}

/// The text cannot name a product line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownProductLine;

impl fmt::Display for UnknownProductLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a product line is a slug: a lower-case letter, then lower-case letters, digits or dashes",
        )
    }
}

impl std::error::Error for UnknownProductLine {}

/// Somebody who may buy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lead {
    /// Its key.
    pub id: LeadId,
    /// B2B or B2C.
    pub kind: LeadKind,
    /// The first touch.
    pub origin: Origin,
    /// The persona it is compared with, by slug (R17).
    pub persona: Option<String>,
    /// The most advanced stage of its tracks.
    pub stage: Stage,
    /// Since when, in the world; moves are never reordered, so a later one may carry an earlier time.
    pub stage_since: DateTime<Utc>,
    /// When it was captured.
    pub captured_at: DateTime<Utc>,
    /// When it first became a customer; whoever was one is never a *new* customer again.
    pub customer_since: Option<DateTime<Utc>>,
    /// Until when it must not be handed over again.
    pub cooldown_until: Option<DateTime<Utc>>,
    /// Why it must not be handed over at all.
    pub suppression: Suppression,
    /// The lead that it was merged into.
    pub merged_into: Option<LeadId>,
    /// Whether an import brought it.
    pub imported: bool,
    /// The log position of the last event that changed it; its etag.
    pub version: i64,
}

impl Lead {
    /// How it stands by itself.
    pub fn standing(&self) -> Standing {
        Standing {
            captured_at: self.captured_at,
            origin: self.origin.clone(),
            customer_since: self.customer_since,
        }
    }
}

/// What a lead takes over from those merged into it: the earliest capture with its first touch, and when the person
/// first became a customer (edge case 9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// When it was first captured.
    pub captured_at: DateTime<Utc>,
    /// The first touch of that capture.
    pub origin: Origin,
    /// When it first became a customer.
    pub customer_since: Option<DateTime<Utc>>,
}

/// A lead's way through one product line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Track {
    /// Whose.
    pub lead: LeadId,
    /// In which line.
    pub line: ProductLine,
    /// Where it stands.
    pub stage: Stage,
    /// Since when, in the world.
    pub stage_since: DateTime<Utc>,
    /// The segment of nurture, while it is in NURTURE (R12); none if nobody said which.
    pub segment: Option<String>,
    /// The round it is in, from 1.
    pub cycle: u32,
    /// Whether this cycle has had a handoff; the next qualification then starts a new cycle.
    pub cycle_has_handoff: bool,
    /// The handoff that waits for a decision; at most one.
    pub open_handoff: Option<HandoffId>,
    /// The opportunity that is open; at most one.
    pub open_opportunity: Option<OpportunityId>,
    /// The ground on which the lead is a candidate here, if it is one.
    pub candidate: Option<Ground>,
    /// The log position of the last event that changed it.
    pub version: i64,
}

/// Something that a lead did. Its properties are personal and lie apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Its key.
    pub id: ActivityId,
    /// Who did it.
    pub lead: LeadId,
    /// What, as the tenant calls it: `EBOOK_DOWNLOAD`.
    pub kind: String,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// The date in the tenant's zone, fixed at recording, because scores decay by local days.
    pub local_date: NaiveDate,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Whether an import brought it.
    pub imported: bool,
    /// The log position of its event.
    pub version: i64,
}
