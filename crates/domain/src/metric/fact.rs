//! The facts that reports are computed from: what became of each cycle of a lead, and of each lead.
//!
//! A fact holds instants as they were recorded: a duration between two of them may be negative, and it is the
//! metric that leaves it out and counts it. Facts of test leads are not made at all.

use chrono::{DateTime, Utc};

use super::dimension::Dimensions;
use super::milestone::{Milestone, Stamp};
use crate::id::{HandoffId, LeadId};
use crate::money::Money;
use crate::qualification::rejection::Attribution;

/// One cycle of a lead on a product line: a hand-over, or the way past it.
///
/// Three shapes occur. A hand-over has `handoff` and a recorded `mql`. A cycle whose source skipped MQL has no
/// handoff and an implied `mql`, and an implied acceptance at the same instant. A cycle that has not come to MQL has
/// neither; it only matters as "still waiting" to velocities from CAPTURED.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandoffFact {
    /// The hand-over, if there is one.
    pub handoff: Option<HandoffId>,
    /// The lead.
    pub lead: LeadId,
    /// The product line of the track.
    pub line: String,
    /// The cycle on that track, from 1.
    pub cycle: u32,
    /// When the lead was captured.
    pub captured_at: Option<DateTime<Utc>>,
    /// When it became an MQL.
    pub mql: Option<Stamp>,
    /// When it got its owner; none if it was only implied by an acceptance (edge case 13).
    pub assigned_at: Option<DateTime<Utc>>,
    /// How the MQL stage ended, and when; none again while sales decides anew, because its rejection was overturned.
    pub end: Option<End>,
    /// When a rejection was first overturned.
    pub overturned_at: Option<DateTime<Utc>>,
    /// First human outbound attempt of the cycle; who was reached before the hand-over has a negative time from MQL.
    pub first_attempt_at: Option<DateTime<Utc>>,
    /// First conversation.
    pub first_connect_at: Option<DateTime<Utc>>,
    /// First meeting.
    pub first_meeting_at: Option<DateTime<Utc>>,
    /// When an opportunity was opened.
    pub opportunity_at: Option<DateTime<Utc>>,
    /// When it was won.
    pub won_at: Option<DateTime<Utc>>,
    /// For how much.
    pub won_amount: Option<Money>,
    /// When it was lost, or given back as an SQL.
    pub lost_at: Option<DateTime<Utc>>,
    /// It came from an import of history.
    pub imported: bool,
    /// What it can be broken down by.
    pub dimensions: Dimensions,
}

/// How the MQL stage of a cycle ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// When.
    pub at: DateTime<Utc>,
    /// How.
    pub decision: Decision,
}

/// What ended an MQL stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It became an SQL.
    Accepted(Acceptance),
    /// Sales rejected it.
    Rejected {
        /// The name of the reason.
        reason: String,
        /// What the reason blames.
        attribution: Attribution,
    },
    /// Nobody decided and the silence rule took it back. Not a decision.
    Expired,
    /// It was taken back before a decision. Not a decision.
    Withdrawn(WithdrawnReason),
}

/// Who accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Acceptance {
    /// A person of sales.
    Sales,
    /// The silence rule AUTO_ACCEPT.
    Auto,
    /// Nobody on record: the source went on to a later stage.
    Implied,
}

/// Why a hand-over was withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WithdrawnReason {
    /// The lead was merged into another: it was counted twice.
    Merged,
    /// The lead is a test: it should never have counted.
    Test,
    /// Anything else, such as a consent taken back: it was a real MQL.
    Other,
}

impl HandoffFact {
    /// A cycle of which nothing is known yet but whose it is.
    pub fn new(lead: LeadId, line: impl Into<String>, cycle: u32) -> Self {
        Self {
            handoff: None,
            lead,
            line: line.into(),
            cycle,
            captured_at: None,
            mql: None,
            assigned_at: None,
            end: None,
            overturned_at: None,
            first_attempt_at: None,
            first_connect_at: None,
            first_meeting_at: None,
            opportunity_at: None,
            won_at: None,
            won_amount: None,
            lost_at: None,
            imported: false,
            dimensions: Dimensions::default(),
        }
    }

    /// The fact as it stood at `as_of`: whatever happened later has not happened.
    #[must_use]
    pub fn as_of(mut self, as_of: DateTime<Utc>) -> Self {
        let instants = [
            &mut self.captured_at,
            &mut self.assigned_at,
            &mut self.overturned_at,
            &mut self.first_attempt_at,
            &mut self.first_connect_at,
            &mut self.first_meeting_at,
            &mut self.opportunity_at,
            &mut self.won_at,
            &mut self.lost_at,
        ];
        for instant in instants {
            *instant = by(*instant, as_of);
        }
        self.mql = self.mql.filter(|stamp| stamp.at <= as_of);
        self.end = self.end.filter(|end| end.at <= as_of);
        self.won_amount = self.won_amount.filter(|_| self.won_at.is_some());
        self
    }

    /// Since when a rejection counts for nothing that was overturned and that sales has not decided anew.
    pub fn overturned(&self) -> Option<DateTime<Utc>> {
        self.overturned_at.filter(|_| self.end.is_none())
    }

    /// When a milestone was reached, if it was.
    pub fn reached(&self, milestone: Milestone) -> Option<Stamp> {
        let end = |counts: fn(&Decision) -> bool| {
            self.end.as_ref().filter(|end| counts(&end.decision)).map(|end| Stamp {
                at: end.at,
                implied: matches!(end.decision, Decision::Accepted(Acceptance::Implied)),
            })
        };
        match milestone {
            Milestone::Captured => self.captured_at.map(Stamp::recorded),
            Milestone::Mql => self.mql,
            Milestone::Assigned => self.assigned_at.map(Stamp::recorded),
            Milestone::Decided => end(|it| matches!(it, Decision::Accepted(_) | Decision::Rejected { .. })),
            Milestone::Accepted => end(|it| matches!(it, Decision::Accepted(_))),
            Milestone::FirstAttempt => self.first_attempt_at.map(Stamp::recorded),
            Milestone::FirstConnect => self.first_connect_at.map(Stamp::recorded),
            Milestone::FirstMeeting => self.first_meeting_at.map(Stamp::recorded),
            Milestone::Opportunity => self.opportunity_at.map(Stamp::recorded),
            Milestone::Won => self.won_at.map(Stamp::recorded),
            Milestone::Lost => self.lost_at.map(Stamp::recorded),
        }
    }

    /// When waiting for a milestone that was never reached came to an end, because the cycle had gone past it or was
    /// over. None: it is still waiting.
    pub fn gave_up_on(&self, milestone: Milestone) -> Option<DateTime<Utc>> {
        let ended = self.end.as_ref().filter(|end| match end.decision {
            // An SQL is still on its way to everything that follows the acceptance.
            Decision::Accepted(_) => milestone <= Milestone::Accepted,
            Decision::Rejected { .. } | Decision::Expired | Decision::Withdrawn(_) => true,
        });
        [ended.map(|end| end.at), self.won_at, self.lost_at].into_iter().flatten().min()
    }
}

/// A lead: what its capture became.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadFact {
    /// The lead.
    pub lead: LeadId,
    /// When it was captured; of merged leads the earliest.
    pub captured_at: DateTime<Utc>,
    /// When it became a customer for the first time.
    pub customer_at: Option<DateTime<Utc>>,
    /// It came from an import of history.
    pub imported: bool,
    /// Its first touch, kind and persona.
    pub dimensions: Dimensions,
}

impl LeadFact {
    /// The fact as it stood at `as_of`; none if the lead had not been captured.
    pub fn as_of(mut self, as_of: DateTime<Utc>) -> Option<Self> {
        self.customer_at = by(self.customer_at, as_of);
        (self.captured_at <= as_of).then_some(self)
    }
}

/// The instant, if it had come by `as_of`.
pub(super) fn by(instant: Option<DateTime<Utc>>, as_of: DateTime<Utc>) -> Option<DateTime<Utc>> {
    instant.filter(|at| *at <= as_of)
}
