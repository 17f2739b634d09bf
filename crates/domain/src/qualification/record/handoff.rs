//! A hand-over of one lead in one cycle, and the contacts that follow it.

use chrono::{DateTime, Utc};

use crate::id::{ContactId, HandoffId, LeadId, TeamId, UserId};
use crate::points::Points;
use crate::qualification::record::{Digest, Dispute, LeadKind, Origin, ProductLine};
use crate::qualification::rejection::{Attribution, Disposition, RejectionReason};
use crate::word::words;

words! {
    /// Where a handoff stands.
    pub enum HandoffState {
        /// It has no owner yet.
        PendingRoute = "PENDING_ROUTE",
        /// Its owner must decide.
        Assigned = "ASSIGNED",
        /// Sales took it (R2), or a skip of stages implies that it did.
        Accepted = "ACCEPTED",
        /// Sales rejected it (R3).
        Rejected = "REJECTED",
        /// Sales rejected it, and marketing objects.
        Disputed = "DISPUTED",
        /// Marketing or a suppression took it back.
        Withdrawn = "WITHDRAWN",
    }

    /// What made the lead an MQL.
    pub enum Trigger {
        /// Somebody said so.
        Manual = "MANUAL",
        /// The `sales-ready` mark was set (R24).
        SalesReady = "SALES_READY",
        /// An import says that it was.
        Imported = "IMPORTED",
        /// Its fit and its behaviour reached the thresholds.
        Score = "SCORE",
        /// It did something for which the gates suffice.
        FastTrack = "FAST_TRACK",
        /// A scoring model was published by which its fit and its behaviour reach the thresholds (edge case 31).
        Published = "PUBLISHED",
    }

    /// Why a handoff was taken back.
    pub enum WithdrawalReason {
        /// Consent was withdrawn (edge case 39).
        Consent = "CONSENT",
        /// The lead turned out to work for a competitor.
        Competitor = "COMPETITOR",
        /// The lead turned out to be a customer.
        Customer = "CUSTOMER",
        /// The lead is a test.
        Test = "TEST",
        /// The lead is the same person as one that was handed over before (edge case 9).
        Merged = "MERGED",
        /// Marketing took it back.
        Recalled = "RECALLED",
    }

    /// How a contact went.
    pub enum ContactKind {
        /// Somebody tried.
        Attempt = "ATTEMPT",
        /// Both spoke.
        Connect = "CONNECT",
        /// Both met.
        Meeting = "MEETING",
    }

    /// Who started a contact.
    pub enum Direction {
        /// The lead.
        Inbound = "INBOUND",
        /// Us.
        Outbound = "OUTBOUND",
    }
}

impl HandoffState {
    /// Whether it still waits for a decision.
    pub fn is_open(self) -> bool {
        matches!(self, Self::PendingRoute | Self::Assigned)
    }
}

/// What reports break handoffs down by, as it was when the lead became an MQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// B2B or B2C.
    pub kind: LeadKind,
    /// The first touch.
    pub origin: Origin,
    /// The persona, by slug.
    pub persona: Option<String>,
}

/// How a lead was judged when it became an MQL: kept with its handoff, as scores move on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merit {
    /// The fit, by the criteria in effect, if some were.
    pub fit: Option<Judged>,
    /// The behaviour, by the scoring model in effect, if one was.
    pub behaviour: Option<Judged>,
    /// The SHA-256 of all that gave or took points, so that an explanation made later can be held against this one.
    pub digest: Digest,
}

/// Points, and the version by which they were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// The number of the version.
    pub version: u32,
    /// The points.
    pub points: Points,
}

/// The first contacts of a handoff, each the earliest that is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Firsts {
    /// The first attempt by a human, outbound: an automatic reply never counts, nor does a call that came in.
    pub attempt_at: Option<DateTime<Utc>>,
    /// The first conversation.
    pub connect_at: Option<DateTime<Utc>>,
    /// The first meeting.
    pub meeting_at: Option<DateTime<Utc>>,
}

/// One hand-over: from MQL to the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handoff {
    /// Its key.
    pub id: HandoffId,
    /// Of whom.
    pub lead: LeadId,
    /// On which line.
    pub line: ProductLine,
    /// In which cycle of the track.
    pub cycle: u32,
    /// Where it stands.
    pub state: HandoffState,
    /// What made the lead an MQL.
    pub trigger: Trigger,
    /// The dimensions at that moment.
    pub snapshot: Snapshot,
    /// How the lead was judged at that moment; of an imported one nobody knows.
    pub merit: Option<Merit>,
    /// When the lead became an MQL.
    pub mql_at: DateTime<Utc>,
    /// Who must decide, or did.
    pub owner: Option<UserId>,
    /// The owner's team when it was assigned.
    pub team: Option<TeamId>,
    /// When the owner got it.
    pub assigned_at: Option<DateTime<Utc>>,
    /// Which round of decision it is in, from 1: each dispute that is overturned begins another.
    pub round: u32,
    /// When it was accepted, rejected or withdrawn.
    pub decided_at: Option<DateTime<Utc>>,
    /// The principal who decided: `users/ada`.
    pub decided_by: Option<String>,
    /// Why it was rejected.
    pub reason: Option<RejectionReason>,
    /// What the rejection did with the lead.
    pub disposition: Option<Disposition>,
    /// What the rejection blames.
    pub attribution: Option<Attribution>,
    /// Marketing's latest objection to a rejection.
    pub dispute: Option<Dispute>,
    /// Why it was withdrawn.
    pub withdrawal: Option<WithdrawalReason>,
    /// The handoff that goes on in its place, if it was withdrawn as MERGED.
    pub superseded_by: Option<HandoffId>,
    /// The decider's words; personal, kept apart by the store.
    pub note: Option<String>,
    /// Whether a skip of stages closed it, not a person: it never gives a velocity sample.
    pub implied: bool,
    /// Whether it was decided before anybody was assigned (edge case 13).
    pub implied_assignment: bool,
    /// Whether the silence rule accepted it.
    pub auto: bool,
    /// The first contacts.
    pub firsts: Firsts,
    /// Whether an import brought it.
    pub imported: bool,
    /// The log position of the last event that changed it; its etag.
    pub version: i64,
}

/// A contact with a lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Its key.
    pub id: ContactId,
    /// With whom.
    pub lead: LeadId,
    /// The handoff that it counts for: the open one, or the latest.
    pub handoff: Option<HandoffId>,
    /// How it went.
    pub kind: ContactKind,
    /// Who started it.
    pub direction: Direction,
    /// Whether a human did it, and not a machine.
    pub human: bool,
    /// By what means, as the tenant calls it: `PHONE`.
    pub channel: String,
    /// The principal who made or recorded it.
    pub by: String,
    /// When it happened.
    pub occurred_at: DateTime<Utc>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Whether an import brought it.
    pub imported: bool,
    /// The log position of its event.
    pub version: i64,
}
