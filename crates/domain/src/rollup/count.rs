//! The counters of [`Part::Counts`](super::cell::Part) and of the other parts that are kept by day.

use crate::metric::clock::{ClockFact, StopKind};
use crate::metric::fact::{Acceptance, Decision, HandoffFact, WithdrawnReason};
use crate::qualification::rejection::Attribution;

/// What became of a hand-over, as far as counts tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing yet.
    Open,
    /// Accepted by people of sales.
    Accepted,
    /// Accepted by the silence rule.
    AcceptedAuto,
    /// Accepted because a source went on.
    AcceptedImplied,
    /// Rejected because the owner was the wrong one.
    RejectedRouting,
    /// Rejected for another reason.
    Rejected,
    /// Taken back by the silence rule.
    Expired,
    /// Withdrawn, and an MQL all the same.
    Withdrawn,
    /// Withdrawn as MERGED or TEST: it should never have been one.
    Void,
}

impl Outcome {
    /// Every outcome with its number and name.
    pub const ALL: [(Self, &'static str); 9] = [
        (Self::Open, "OPEN"),
        (Self::Accepted, "ACCEPTED"),
        (Self::AcceptedAuto, "ACCEPTED_AUTO"),
        (Self::AcceptedImplied, "ACCEPTED_IMPLIED"),
        (Self::RejectedRouting, "REJECTED_ROUTING"),
        (Self::Rejected, "REJECTED"),
        (Self::Expired, "EXPIRED"),
        (Self::Withdrawn, "WITHDRAWN"),
        (Self::Void, "VOID"),
    ];

    /// The outcome of a hand-over.
    pub fn of(fact: &HandoffFact) -> Self {
        match fact.end.as_ref().map(|end| &end.decision) {
            None => Self::Open,
            Some(Decision::Accepted(Acceptance::Sales)) => Self::Accepted,
            Some(Decision::Accepted(Acceptance::Auto)) => Self::AcceptedAuto,
            Some(Decision::Accepted(Acceptance::Implied)) => Self::AcceptedImplied,
            Some(Decision::Rejected { attribution: Attribution::Routing, .. }) => Self::RejectedRouting,
            Some(Decision::Rejected { .. }) => Self::Rejected,
            Some(Decision::Expired) => Self::Expired,
            Some(Decision::Withdrawn(WithdrawnReason::Merged | WithdrawnReason::Test)) => Self::Void,
            Some(Decision::Withdrawn(WithdrawnReason::Other)) => Self::Withdrawn,
        }
    }
}

/// Counters in one day of [`Part::Counts`](super::cell::Part::Counts).
pub const COUNTERS: usize = 64;

/// Hand-overs by the day of their MQL: whether it is implied, whether the cycle is the first, and the outcome.
pub fn by_mql(is_implied: bool, is_first: bool, outcome: Outcome) -> usize {
    usize::from(is_implied) * 18 + usize::from(is_first) * 9 + outcome as usize
}

/// Hand-overs by the day of their end: the outcome, which is not OPEN.
pub fn by_end(outcome: Outcome) -> usize {
    35 + outcome as usize
}

/// Deals by the day on which they were won.
pub const WON: usize = 44;

/// Deals by the day of their MQL, of those that M1 counts: whether that is implied.
pub fn won_by_mql(is_implied: bool) -> usize {
    45 + usize::from(is_implied)
}

/// Leads by the day of their capture.
pub const CAPTURED: usize = 47;
/// Of those, the ones that are customers.
pub const CONVERTED: usize = 48;
/// Leads by the day on which they became customers.
pub const CUSTOMERS: usize = 49;
/// DECIDE clocks that were met, by the day of their deadline.
pub const MET: usize = 50;
/// DECIDE clocks that were breached, or will be if nobody stops them, by the day of their deadline.
pub const BREACHED: usize = 51;

/// DECIDE clocks that were cancelled before their deadline, by its day. They are in no figure, and have a row.
pub const CANCELLED: usize = 52;

/// Hand-overs whose rejection was overturned and that sales has not decided anew, by the day on which it was.
pub const OVERTURNED: usize = 53;
/// The same by the day of their MQL.
pub const OVERTURNED_BY_MQL: usize = 54;

/// What a DECIDE clock came to, or will if nobody stops it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// It passes its deadline, or has.
    Breached,
    /// It was stopped in time.
    Met,
    /// It was cancelled before its deadline, and promised nothing any more.
    Cancelled,
}

impl Promise {
    /// What a clock came to.
    pub fn of(clock: &ClockFact) -> Self {
        match clock.stop.map(|stop| stop.kind) {
            Some(StopKind::Met) => Self::Met,
            Some(StopKind::Cancelled) if clock.breached_at.is_none() => Self::Cancelled,
            Some(StopKind::MetLate | StopKind::Cancelled) | None => Self::Breached,
        }
    }

    /// Its counter by the day of the deadline.
    pub fn by_due(self) -> usize {
        match self {
            Self::Met => MET,
            Self::Breached => BREACHED,
            Self::Cancelled => CANCELLED,
        }
    }
}

/// The key of a counter on a day of the cell's month, 1 to 31.
pub fn daily(day: u32, counter: usize) -> i32 {
    small(day as usize * COUNTERS + counter)
}

/// The day and the counter of a key.
pub fn read_daily(key: i32) -> (u32, usize) {
    let key = usize::try_from(key).unwrap_or_default();
    (small_day(key / COUNTERS), key % COUNTERS)
}

/// Of rejections and amounts: by which day they are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayOf {
    /// That of the rejection, or of the deal.
    Itself,
    /// That of an MQL that was recorded and that M1 counts.
    Mql,
    /// That of an MQL that is implied and that M1 counts.
    ImpliedMql,
}

impl DayOf {
    /// That of a hand-over's MQL, if M1 counts it.
    pub fn mql(fact: &HandoffFact) -> Option<Self> {
        let mql = fact.mql.filter(|_| Outcome::of(fact) != Outcome::Void)?;
        Some(if mql.implied { Self::ImpliedMql } else { Self::Mql })
    }
}

/// Rejections.
pub fn rejection(by: DayOf) -> usize {
    by as usize
}

/// How an amount of money is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// How many.
    Count,
    /// Whole units of the currency.
    Units,
    /// Thousand millionths of it.
    Nanos,
}

/// Amounts won.
pub fn amount(by: DayOf, what: Amount) -> usize {
    by as usize * 3 + what as usize
}

/// Days between a start and a deadline that are told apart, on either side.
const APART: i64 = 10_000;

/// Clocks by the day of their start, 1 to 31: how many days later they are due, and what they came to.
pub fn started(day: u32, due_days_later: i64, promise: Promise) -> i32 {
    let later = usize::try_from(due_days_later.clamp(-APART, APART) + APART).unwrap_or_default();
    small(day as usize * 100_000 + later * 3 + promise as usize)
}

/// Day, days to the deadline and what became of it.
pub fn read_started(key: i32) -> (u32, i64, Promise) {
    let key = usize::try_from(key).unwrap_or_default();
    let rest = key % 100_000;
    let promise = [Promise::Breached, Promise::Met, Promise::Cancelled][rest % 3];
    (small_day(key / 100_000), i64::try_from(rest / 3).unwrap_or_default() - APART, promise)
}

/// Clocks by the day of their deadline, 1 to 31, and the bucket of what they were given.
pub fn given(day: u32, bucket: i32) -> i32 {
    small(day as usize * 1_000_000).saturating_add(bucket.min(999_999))
}

/// Day and bucket.
pub fn read_given(key: i32) -> (u32, i32) {
    (small_day(usize::try_from(key / 1_000_000).unwrap_or_default()), key % 1_000_000)
}

/// Who waits, by the day of the start, 1 to 31, and the hours since its midnight.
pub fn waiting(day: u32, hour: i64) -> i32 {
    small(day as usize * 100 + usize::try_from(hour.clamp(0, 99)).unwrap_or_default())
}

/// Day and hour.
pub fn read_waiting(key: i32) -> (u32, i64) {
    (small_day(usize::try_from(key / 100).unwrap_or_default()), i64::from(key % 100))
}

fn small(key: usize) -> i32 {
    i32::try_from(key).unwrap_or(i32::MAX)
}

fn small_day(day: usize) -> u32 {
    u32::try_from(day).unwrap_or_default()
}
